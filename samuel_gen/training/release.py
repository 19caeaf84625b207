"""From a finished run to the released file."""

from importlib.metadata import version
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.training.curves import Curves
from samuel_gen.training.module import AccompanimentDiffusion

UNKNOWN_CODEC = "unknown"


def release(
    trainer: L.Trainer,
    module: AccompanimentDiffusion,
    data: Any,
    config: dict[str, Any],
    began_with: dict[str, str | int] | None = None,
) -> Checkpoint:
    """The best averaged weights of a run, with all that generation needs.

    Args:
        trainer: has finished fitting.
        module: what was fitted.
        data: the data module it learned from: codec identity and normalisers.
        config: the resolved configuration of the run.
        began_with: what `begin_with` told of the weights that the run began with, if any.
    """
    keeper = trainer.checkpoint_callback
    if isinstance(keeper, ModelCheckpoint) and keeper.best_model_path:
        state = torch.load(keeper.best_model_path, map_location="cpu", weights_only=False)
        weights = {
            name.removeprefix("denoiser."): value
            for name, value in state["state_dict"].items()
            if name.startswith("denoiser.")
        }
        epoch, step = state["epoch"], state["global_step"]
        assert keeper.best_model_score is not None
        metrics = {str(keeper.monitor): float(keeper.best_model_score)}
    else:
        weights = dict(module.denoiser.state_dict())
        epoch, step = trainer.current_epoch, trainer.global_step
        metrics = {}
    codec = None if data.codec_identity.name == UNKNOWN_CODEC else config["codec"]
    return Checkpoint(
        weights=weights,
        config={
            "model": config["model"],
            "schedule": config["diffusion"]["schedule"],
            "objective": config["diffusion"]["objective"],
            "codec": codec,
        },
        codec_identity=data.codec_identity,
        vocal_normaliser=data.vocal_normaliser,
        accompaniment_normaliser=data.accompaniment_normaliser,
        provenance={
            "samuel_gen": version("samuel-gen"),
            "epoch": epoch,
            "step": step,
            "parameters": sum(value.numel() for value in weights.values()),
            "metrics": _validated(trainer, step) | metrics,
            "data": _learned_from(data),
            "run": {"epochs": trainer.current_epoch, "steps": trainer.global_step},
            "began_with": began_with,
        },
    )


def _learned_from(data: Any) -> dict[str, int | float]:
    """How many songs were trained on, and how many hours they last."""
    codec = data.codec_identity
    frames = data.latents.readers["train"].lengths
    hours = sum(frames) * codec.hop_length / codec.sample_rate / 3600
    return {"songs": len(frames), "hours": round(hours, 2)}


def _validated(trainer: L.Trainer, step: int) -> dict[str, float]:
    """What validation found of the weights of that step, where the run kept its figures."""
    callbacks: list[L.Callback] = trainer.callbacks  # type: ignore[attr-defined]
    rows = (row for kept in callbacks if isinstance(kept, Curves) for row in kept.history)
    found: dict[str, float] = next((row for row in rows if row["step"] == step), {})
    return {name: figure for name, figure in found.items() if name.startswith("val/")}
