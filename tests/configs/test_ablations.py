"""Each ablation is one command: its arms and seeds, its networks, and the names of its runs."""

import contextlib
import importlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import hydra
import jaxtyping
import numpy as np
import pytest
import torch
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from samuel_gen.build import build
from samuel_gen.cli.configs import register_resolvers
from samuel_gen.configs_folder import find_configs_folder
from samuel_gen.data.load.batch import ValidationBatch
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.training.loggers import make_wandb_logger

ARMS = {
    "window_ablation": ("model.window_size", "4 8 16 32 64", 3),
    "alignment_ablation": ("alignment", "soft local_only global_only half learned reversed", 3),
    "objective_ablation": ("diffusion.objective.target", "velocity epsilon clean", 1),
    "conditioning_ablation": ("model.film", "per_frame pooled none", 1),
    "timestep_ablation": ("diffusion.schedule.num_timesteps", "100 400 800 1600", 1),
    "loss_weight_ablation": ("loss_weight", "uniform min_snr inverse_snr", 1),
}


@pytest.fixture
def initialized_hydra() -> Iterator[None]:
    register_resolvers()
    with hydra.initialize_config_dir(str(find_configs_folder()), version_base="1.3"):
        yield


def compose(*overrides: str) -> DictConfig:
    return hydra.compose("train", overrides=["output=out", *overrides], return_hydra_config=True)


def list_runs(name: str, *more: str) -> list[list[str]]:
    """List the overrides of each run, as Hydra's own sweeper makes them."""
    params = compose(f"experiment={name}").hydra.sweeper.params
    axes = [f"{key}={values}" for key, values in params.items()]
    overrides = OverridesParser.create().parse_overrides([*axes, f"experiment={name}", *more])
    (runs,) = BasicSweeper.split_arguments(overrides, None)
    return runs


def test_every_ablation_is_listed_here() -> None:
    found = {path.stem for path in (find_configs_folder() / "experiment").glob("*_ablation.yaml")}
    assert found == set(ARMS)


@pytest.mark.parametrize("name", ARMS)
def test_an_ablation_sweeps_its_arms_and_seeds(initialized_hydra, name: str) -> None:
    key, values, seeds = ARMS[name]
    found = [{*run} - {f"experiment={name}"} for run in list_runs(name)]
    arms = [f"{key}={value}" for value in values.split()]
    expected = [{arm, f"seed={seed}"} for seed in range(seeds) for arm in arms]
    assert found == (expected if seeds > 1 else [{arm} for arm in arms])
    more = [{*run} - {f"experiment={name}"} for run in list_runs(name, "seed=5,6")]
    assert len(more) == 2 * len(arms) and {f"{arms[-1]}", "seed=6"} in more


@pytest.mark.parametrize("name", ARMS)
def test_the_arms_differ_in_one_setting_only(initialized_hydra, name: str) -> None:
    seen = []
    for run in list_runs(name, "seed=0"):
        config = compose(*run)
        assert config.hydra.mode.name == "MULTIRUN" and config.group == name
        plain = {
            key: OmegaConf.to_container(config[key], resolve=True)
            for key in ("model", "diffusion", "optimizer", "lr_schedule", "trainer", "source")
        }
        plain["data"] = {key: config.data[key] for key in ("batch_size", "crop_frames", "seed")}
        assert config.callbacks.early_stopping.patience == config.trainer.max_epochs == 12
        seen.append(plain)
    assert all(seen.count(plain) == 1 for plain in seen)
    groups = {"model", "diffusion"} if name == "timestep_ablation" else set()
    groups |= {"model"} if name.startswith(("window", "alignment", "conditioning")) else set()
    groups |= {"diffusion"} if name.startswith(("objective", "loss_weight")) else set()
    assert {key for key in seen[0] if any(plain[key] != seen[0][key] for plain in seen)} == groups


def local_share(alignment: str) -> torch.Tensor:
    """Return the mean share of local attention at the clean end, halfway and at the noisy end."""
    config = compose("experiment=alignment_ablation", f"alignment={alignment}", "model=tiny")
    site = build(OmegaConf.to_container(config.model, resolve=True)).align_input
    if site.global_attention is None or site.local_attention is None:
        return torch.full((3,), float(site.global_attention is None))
    share = site.share(torch.tensor([0, 400, 799])).detach()
    return share.flatten(1).mean(1)


def test_the_shares_of_local_attention(initialized_hydra) -> None:
    assert local_share("soft").tolist() == pytest.approx([0, 0.5, 1], abs=1e-3)
    assert local_share("reversed").tolist() == pytest.approx([1, 0.5, 0], abs=1e-3)
    assert local_share("half").tolist() == [0.5] * 3
    assert local_share("local_only").tolist() == [1] * 3
    assert local_share("global_only").tolist() == [0] * 3
    assert local_share("learned").tolist() == pytest.approx([0.08, 0.5, 0.92], abs=0.01)
    config = compose("experiment=alignment_ablation", "alignment=learned", "model=tiny")
    network = build(OmegaConf.to_container(config.model, resolve=True))
    assert sum("share" in name for name, _ in network.named_parameters()) == 4


def test_the_loss_weights_are_the_published_formulas(initialized_hydra) -> None:
    alpha = torch.tensor([0.995, 0.1]).reshape(2, 1, 1)
    sigma = (1 - alpha**2).sqrt()
    snr = (alpha / sigma) ** 2
    expected = {
        "uniform": torch.ones(2, 1, 1),
        "min_snr": snr.clamp(max=5) / (snr + 1),
        "inverse_snr": (2 / snr).clamp(max=10),
    }
    for name, weights in expected.items():
        config = compose("experiment=loss_weight_ablation", f"loss_weight={name}")
        objective = build(OmegaConf.to_container(config.diffusion.objective, resolve=True))
        torch.testing.assert_close(objective.weight(alpha, sigma), weights)


def test_runs_of_different_seeds_are_validated_with_the_same_noise(initialized_hydra) -> None:
    generator = torch.Generator().manual_seed(1)
    clean = torch.randn(2, 64, 8, generator=generator)
    vocal = Vocal.of(clean, torch.zeros(2, 14, 8))
    two = torch.arange(2)
    batch = ValidationBatch(vocal, clean, torch.full((2,), 8), two, 2, vocal.select(1 - two))
    found = []  # a new network returns zeros, whatever its seed
    for seed in (0, 1):
        config = compose("experiment=window_ablation", "model=tiny", f"seed={seed}")
        module = build(OmegaConf.to_container(config.training, resolve=True))
        logged: dict[str, float] = {}
        module.log = lambda name, value, logged=logged, **_: logged.__setitem__(name, value)
        with torch.no_grad():
            module.validation_step(batch, 0)
        module.on_validation_epoch_end()
        found.append(logged)
    assert found[0] == found[1] and found[0]["val/mse"] > 0


def test_wandb_runs_are_grouped_by_ablation_and_named_like_their_folders(
    initialized_hydra, tmp_path
) -> None:
    config = compose("experiment=window_ablation", "logger=wandb")
    assert config.logger.wandb.group == "window_ablation"
    assert compose("logger=wandb").logger.wandb.group is None
    assert set(compose("experiment=window_ablation").logger) == {"csv"}
    logger = make_wandb_logger(
        tmp_path / "3_model.window_size=8", project="p", group="window_ablation"
    )
    assert logger._wandb_init["name"] == "3_model.window_size=8"
    assert logger._wandb_init["group"] == "window_ablation"
    assert logger._offline


def test_the_search_varies_settings_that_exist(initialized_hydra) -> None:
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper", reason="needs samuel-gen[search]")
    config = compose("experiment=ablation", "hydra/sweeper=search")
    assert config.hydra.sweeper._target_.endswith("OptunaSweeper")
    assert config.hydra.sweeper.direction == "minimize"
    assert set(config.hydra.sweeper.params) == {"optimizer.lr", "model.widths"}
    for widths in ("[96,96,96,144]", "[160,160,160,240]"):
        assert widths in config.hydra.sweeper.params["model.widths"]
        build(
            OmegaConf.to_container(
                compose("model=small", f"model.widths={widths}").model, resolve=True
            )
        )


def run_command(command: str, *words: str) -> str:
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.setattr(sys, "argv", [f"samuel-{command}", *words])
        patch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as users run it
        importlib.import_module(f"samuel_gen.cli.{command}").main()
    return out.getvalue()


def test_a_sweep_runs_and_is_reported(tmp_path: Path) -> None:
    latents = np.random.default_rng(0).standard_normal((12, 64, 32)).astype(np.float32)
    for name in ("latent_vocal.npy", "latent_accomp.npy"):
        np.save(tmp_path / name, latents)
    small = [
        "data=numpy_pairs",
        f"data.root={tmp_path}",
        "~data.crops_per_song",
        "data.batch_size=8",
    ]
    small += ["data.crop_frames=16", "model=tiny", "model.conditioning=latents"]
    small += ["trainer.max_epochs=1", f"runs={tmp_path / 'runs'}"]
    with contextlib.redirect_stderr(io.StringIO()):
        run_command(
            "train", "experiment=alignment_ablation", "seed=3", "alignment=soft,half", *small
        )
    (sweep,) = (tmp_path / "runs" / "alignment_ablation").iterdir()
    names = {path.parent.name for path in sweep.glob("*/model.safetensors")}
    assert names == {"0_alignment=soft", "1_alignment=half"}
    said = run_command("report", str(sweep))
    assert "| soft | 1 |" in said and "| half | 1 |" in said and "Left out" not in said


def test_a_run_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    latents = np.random.default_rng(0).standard_normal((12, 64, 32)).astype(np.float32)
    for name in ("latent_vocal.npy", "latent_accomp.npy"):
        np.save(tmp_path / name, latents)
    small = ["data=numpy_pairs", f"data.root={tmp_path}", "~data.crops_per_song"]
    small += ["data.crop_frames=16", "model=tiny", "model.conditioning=latents"]
    small += ["trainer.max_epochs=1", f"runs={tmp_path / 'runs'}", "model.window_size=1,4"]
    with contextlib.redirect_stderr(io.StringIO()), pytest.raises(SystemExit) as end:
        run_command("train", "experiment=ablation", *small)
    assert end.value.code == 1
    (sweep,) = (tmp_path / "runs" / "ablation").iterdir()
    said = run_command("report", str(sweep))
    assert "| 4 | 1 |" in said and "Left out, 1 of 2 runs" in said
    assert "- `0_model.window_size=1`: failed: window_size=1: choose 2 frames or more" in said
