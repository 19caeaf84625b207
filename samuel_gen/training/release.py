"""From a finished run to the released file."""

from importlib.metadata import version
from typing import Any

import lightning as L
import torch

from samuel_gen.build import build
from samuel_gen.checkpoint import Checkpoint
from samuel_gen.errors import SamuelError
from samuel_gen.training.module import AccompanimentDiffusion

UNKNOWN_CODEC = "unknown"


def release(
    trainer: L.Trainer, module: AccompanimentDiffusion, data: Any, config: dict[str, Any]
) -> Checkpoint:
    """The best averaged weights of a run, with all that generation needs.

    Args:
        trainer: has finished fitting.
        module: what was fitted.
        data: the data module it learned from: codec identity and normalisers.
        config: the resolved configuration of the run.

    Raises:
        SamuelError: the data set's codec is known and is not the configured one.
    """
    best = getattr(trainer.checkpoint_callback, "best_model_path", "")
    if best:
        state = torch.load(best, map_location="cpu", weights_only=False)
        weights = {
            name.removeprefix("denoiser."): value
            for name, value in state["state_dict"].items()
            if name.startswith("denoiser.")
        }
        epoch, step = state["epoch"], state["global_step"]
    else:
        weights = dict(module.denoiser.state_dict())
        epoch, step = trainer.current_epoch, trainer.global_step
    codec = config["codec"]
    if data.codec_identity.name == UNKNOWN_CODEC:
        codec = None
    else:
        check_codec(data, build(codec))
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
            "metrics": {
                name: float(value)
                for name, value in trainer.callback_metrics.items()
                if torch.isfinite(torch.as_tensor(value))
            },
        },
    )


def check_codec(data: Any, codec: Any) -> None:
    """Refuse latents that another codec made.

    Raises:
        SamuelError: names what differs.
    """
    unlike = data.codec_identity.difference(codec.identity)
    if unlike:
        raise SamuelError(
            f"{data.root}: made by another codec ({unlike}); expected the configured one; "
            "encode the songs again, or choose codec=... as it was"
        )
