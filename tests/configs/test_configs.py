"""Every YAML is bound to the signature it feeds, and every experiment composes and builds."""

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hydra
import pytest
from omegaconf import DictConfig, OmegaConf

from samuel_gen.build import build, locate
from samuel_gen.cli.app import configs_folder, register_resolvers

FOLDER = configs_folder()
GROUPS = sorted(
    path.relative_to(FOLDER)
    for path in FOLDER.glob("*/*.yaml")
    if path.parent.name not in ("experiment", "hydra")
)
EXPERIMENTS = sorted(path.stem for path in (FOLDER / "experiment").glob("*.yaml"))


@pytest.fixture(autouse=True)
def composer() -> Iterator[None]:
    register_resolvers()
    with hydra.initialize_config_dir(str(FOLDER), version_base="1.3"):
        yield


def composed(*overrides: str, primary: str = "train") -> DictConfig:
    return hydra.compose(primary, overrides=["output=out", *overrides])


def nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "_target_" in value:
            yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def check_bound(node: Mapping[str, Any]) -> None:
    """Every key is an argument by name; what is needed is there unless it is a partial."""
    parameters = inspect.signature(locate(node["_target_"])).parameters
    given = set(node) - {"_target_", "_partial_"}
    known = {n for n, p in parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    inherited = {"decay"} if node["_target_"].endswith("EMAWeightAveraging") else set()
    assert given <= known | inherited, f"{node['_target_']} does not take {given - known}"
    needed = {
        name
        for name in known
        if parameters[name].default is inspect.Parameter.empty
        and parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
    }
    if not node.get("_partial_"):
        assert needed <= given, f"{node['_target_']} needs {needed - given}"


@pytest.mark.parametrize("path", GROUPS, ids=str)
def test_each_yaml_fits_the_signature_it_names(path: Path) -> None:
    primary = "encode" if path.parent.name in ("source", "augmentation") else "train"
    group = f"{path.parent}={path.stem}"
    config = composed(group, primary=primary)
    part = OmegaConf.to_container(config[path.parent.name], resolve=False)
    found = list(nodes(part))
    assert found or path.stem == "none"
    for node in found:
        check_bound(node)


@pytest.mark.parametrize("name", ["train", "encode", "generate"])
def test_each_command_has_its_config(name: str) -> None:
    overrides = [] if name == "generate" else ["output=out"]
    assert hydra.compose(name, overrides=overrides)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_each_experiment_composes_into_what_can_be_built(name: str, tmp_path: Path) -> None:
    config = composed(f"experiment={name}", f"cache={tmp_path}", "trainer.accelerator=cpu")
    plain = OmegaConf.to_container(config, resolve=True)
    for node in nodes(plain):
        check_bound(node)
    module = build(plain["training"])
    assert module.schedule.num_timesteps == plain["model"]["num_timesteps"]
    build(plain["data"])
    build(plain["sampler"]), build(plain["guidance"])
    assert len(build(plain["callbacks"])) == len(plain["callbacks"])


def test_the_papers_recipe() -> None:
    paper = composed("experiment=paper")
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


def test_an_experiment_is_not_silently_beaten_and_the_command_line_wins() -> None:
    assert composed().model.conditioning == "latents_melody"
    assert composed("experiment=smoke").trainer.max_epochs == 2
    assert composed("experiment=smoke", "trainer.max_epochs=7").trainer.max_epochs == 7


@pytest.mark.parametrize(
    ("size", "least", "most"), [("base", 14.5e6, 16e6), ("small", 3.5e6, 4.5e6), ("tiny", 0, 2e5)]
)
def test_the_sizes_of_the_networks(size: str, least: float, most: float) -> None:
    plain = OmegaConf.to_container(composed(f"model={size}").model, resolve=False)
    network = build({**plain, "num_timesteps": 800})
    assert least <= sum(parameter.numel() for parameter in network.parameters()) <= most


def test_the_window_and_the_timesteps_reach_both_sites() -> None:
    plain = OmegaConf.to_container(
        composed("model=tiny", "model.window_size=8", "diffusion.schedule.num_timesteps=100"),
        resolve=True,
    )
    network = build(plain["model"])
    for site in (network.align_input, network.align_bottleneck):
        assert site.local_attention.reach + 1 == 4
        assert site.share.num_timesteps == 100
