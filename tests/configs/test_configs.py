"""Every YAML fits the signature that it names, and every experiment composes and builds."""

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hydra
import pytest
from omegaconf import DictConfig, OmegaConf

from samuel_gen.build import build, locate
from samuel_gen.cli.configs import register_resolvers
from samuel_gen.configs_folder import find_configs_folder

FOLDER = find_configs_folder()
GROUPS = sorted(
    path.relative_to(FOLDER)
    for path in FOLDER.glob("*/*.yaml")
    if path.parent.name not in ("experiment", "hydra")
)
EXPERIMENTS = sorted(path.stem for path in (FOLDER / "experiment").glob("*.yaml"))


@pytest.fixture(autouse=True)
def initialized_hydra() -> Iterator[None]:
    register_resolvers()
    with hydra.initialize_config_dir(str(FOLDER), version_base="1.3"):
        yield


def compose(*overrides: str, primary: str = "train") -> DictConfig:
    return hydra.compose(primary, overrides=["output=out", *overrides])


def find_nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "_target_" in value:
            yield value
        for inner in value.values():
            yield from find_nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_nodes(inner)


def check_bound(node: Mapping[str, Any]) -> None:
    """Check that each key is an argument, and that only a partial lacks arguments."""
    parameters = inspect.signature(locate(node["_target_"])).parameters
    given = set(node) - {"_target_", "_partial_"}
    names = {n for n, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    inherited = {"decay"} if node["_target_"].endswith("EMAWeightAveraging") else set()
    assert given <= names | inherited, f"{node['_target_']} does not take {given - names}"
    needed = {
        name
        for name in names
        if parameters[name].default is inspect.Parameter.empty
        and parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
    }
    if not node.get("_partial_"):
        assert needed <= given, f"{node['_target_']} needs {needed - given}"


@pytest.mark.parametrize("path", GROUPS, ids=str)
def test_each_yaml_fits_the_signature_that_it_names(path: Path) -> None:
    primary = "encode" if path.parent.name in ("source", "augmentation") else "train"
    group = f"{path.parent}={path.stem}"
    config = compose(group, primary=primary)
    part = OmegaConf.to_container(config[path.parent.name], resolve=False)
    targets = list(find_nodes(part))
    assert targets or path.stem == "none"
    for node in targets:
        check_bound(node)


@pytest.mark.parametrize("name", ["train", "encode", "evaluate", "generate"])
def test_the_config_of_each_command_composes(name: str) -> None:
    overrides = [] if name == "generate" else ["output=out"]
    assert hydra.compose(name, overrides=overrides)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_each_experiment_composes_and_builds(name: str, tmp_path: Path) -> None:
    config = compose(f"experiment={name}", f"cache={tmp_path}", "trainer.accelerator=cpu")
    plain = OmegaConf.to_container(config, resolve=True)
    for node in find_nodes(plain):
        check_bound(node)
    module = build(plain["training"])
    assert module.schedule.num_timesteps == plain["model"]["num_timesteps"]
    build(plain["data"])
    build(plain["sampler"]), build(plain["guidance"])
    assert len(build(plain["callbacks"])) == len(plain["callbacks"])


def test_the_papers_recipe() -> None:
    paper = compose("experiment=paper")
    assert paper.diffusion.schedule.num_timesteps == paper.model.num_timesteps == 800
    assert paper.optimizer.lr == 3.5e-4
    assert paper.trainer.max_epochs == 100
    assert paper.data.batch_size == 32
    assert paper.data.crop_frames == 1024
    assert paper.model.window_size == 16
    assert paper.model.conditioning == "latents"
    assert paper.callbacks.early_stopping.patience == 30
    assert paper.callbacks.ema.decay == 0.995
    assert paper.training.condition_dropout == 0.1


def test_an_experiment_overrides_groups_and_the_command_line_overrides_both() -> None:
    assert compose().model.conditioning == "latents_melody_chords_beats_style"
    assert compose("experiment=smoke").trainer.max_epochs == 2
    assert compose("experiment=smoke", "trainer.max_epochs=7").trainer.max_epochs == 7


@pytest.mark.parametrize(
    ("size", "least", "most"), [("base", 14.5e6, 16e6), ("small", 3.5e6, 4.5e6), ("tiny", 0, 2e5)]
)
def test_the_sizes_of_the_networks(size: str, least: float, most: float) -> None:
    plain = OmegaConf.to_container(compose(f"model={size}").model, resolve=False)
    network = build({**plain, "num_timesteps": 800})
    assert least <= sum(parameter.numel() for parameter in network.parameters()) <= most


def test_window_and_timesteps_reach_both_alignments() -> None:
    plain = OmegaConf.to_container(
        compose("model=tiny", "model.window_size=8", "diffusion.schedule.num_timesteps=100"),
        resolve=True,
    )
    network = build(plain["model"])
    for site in (network.align_input, network.align_bottleneck):
        assert site.local_attention.reach + 1 == 4
        assert site.share.num_timesteps == 100


def test_samples_during_training_use_the_default_sampler_in_every_recipe() -> None:
    default = compose("sampler=default").sampler
    assert compose("sampler=paper").callbacks.samples.sampler == default
    assert compose("experiment=paper").sampler.num_steps == 800
    assert compose("experiment=release").callbacks.samples.every_n_epochs == 0


@pytest.mark.parametrize("command", ["train", "encode", "evaluate"])
def test_the_help_explains_every_setting(command: str) -> None:
    """The configuration that --help prints has no comments."""
    help_text = OmegaConf.load(FOLDER / "hydra" / "help" / f"samuel_{command}.yaml").header
    explained = set(re.findall(r"^ {2}(?:\S+, )?(\w+(?:\.\w+)*)=", help_text, re.MULTILINE))
    config = OmegaConf.to_container(OmegaConf.load(FOLDER / f"{command}.yaml"))
    settings = set()
    for name, value in config.items():
        if isinstance(value, dict) and value and "_target_" not in value and name != "hydra":
            settings |= {f"{name}.{key}" for key in value}
        elif name not in ("defaults", "hydra", "training"):
            settings.add(name)
    if command == "train":  # the run's folder is Hydra's, which resuming needs
        settings = settings - {"output"} | {"hydra.run.dir"}
    assert settings <= explained
