"""The release of a run: its best averaged weights as a checkpoint."""

from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.data.load.crop_datamodule import CropDataModule
from samuel_gen.training.checkpoint_config import CheckpointConfig
from samuel_gen.training.curves import Curves
from samuel_gen.training.initial_weights import InitialWeights
from samuel_gen.training.module import AccompanimentDiffusion

UNKNOWN_CODEC = "unknown"


def make_checkpoint(
    trainer: L.Trainer,
    module: AccompanimentDiffusion,
    data: CropDataModule,
    config: CheckpointConfig,
    began_with: InitialWeights | None = None,
) -> Checkpoint:
    """Make the checkpoint of a finished run from its best averaged weights.

    Args:
        trainer: the trainer, which has finished fitting.
        module: the module that it has fitted.
        data: the data module of the run, with its codec identity and its normalisers.
        config: the configuration of the network and of the codec.
        began_with: the provenance of the initial weights; None for random ones.
    """
    weights, epoch, step, metrics = _best_weights(trainer, module)
    if data.codec_identity.name == UNKNOWN_CODEC:
        config = replace(config, codec=None)
    return Checkpoint(
        weights=weights,
        config=config.to_dict(),
        codec_identity=data.codec_identity,
        vocal_normaliser=data.vocal_normaliser,
        accompaniment_normaliser=data.accompaniment_normaliser,
        provenance={
            "samuel_gen": version("samuel-gen"),
            "epoch": epoch,
            "step": step,
            "parameters": sum(value.numel() for value in weights.values()),
            "metrics": _find_validation_figures(trainer, step) | metrics,
            "data": _summarise_data(data),
            "run": {"epochs": trainer.current_epoch, "steps": trainer.global_step},
            "began_with": asdict(began_with) if began_with else None,
        },
    )


def _best_weights(
    trainer: L.Trainer, module: AccompanimentDiffusion
) -> tuple[dict[str, Tensor], int, int, dict[str, float]]:
    """Return weights, epoch, step and the monitored metric of the best training state.

    A run without such a file is represented by its present weights, and has no metric.
    """
    saver = trainer.checkpoint_callback
    if not isinstance(saver, ModelCheckpoint) or not saver.best_model_path:
        return dict(module.denoiser.state_dict()), trainer.current_epoch, trainer.global_step, {}
    state: dict[str, Any] = torch.load(
        saver.best_model_path, map_location="cpu", weights_only=False
    )
    weights = {
        name.removeprefix("denoiser."): value
        for name, value in state["state_dict"].items()
        if name.startswith("denoiser.")
    }
    assert saver.best_model_score is not None
    metrics = {str(saver.monitor): float(saver.best_model_score)}
    return weights, state["epoch"], state["global_step"], metrics


def _summarise_data(data: CropDataModule) -> dict[str, int | float]:
    """Return the number of training songs, and their length in hours."""
    codec = data.codec_identity
    frames = data.latents.readers["train"].lengths
    hours = sum(frames) * codec.hop_length / codec.sample_rate / 3600
    return {"songs": len(frames), "hours": round(hours, 2)}


def _find_validation_figures(trainer: L.Trainer, step: int) -> dict[str, float]:
    """Return the validation figures of that step, if the run has recorded its curves."""
    callbacks: list[L.Callback] = trainer.callbacks  # type: ignore[attr-defined]
    rows = (row for each in callbacks if isinstance(each, Curves) for row in each.history)
    figures: dict[str, float] = next((row for row in rows if row["step"] == step), {})
    return {name: figure for name, figure in figures.items() if name.startswith("val/")}
