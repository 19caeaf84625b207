"""From a released checkpoint to the objects that it describes."""

from pathlib import Path
from typing import Any

from samuel_gen.build import TRUSTED, build
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.errors import SamuelError


def released_parts(path: str | Path) -> dict[str, Any]:
    """The arguments of an `Accompanist`, but for its device.

    Args:
        path: a `.safetensors` file that samuel-train wrote.

    Raises:
        SamuelError: the file cannot be used, or was made for another codec than this version's.
    """
    checkpoint = Checkpoint.load(path)
    config = checkpoint.config
    if config["codec"] is None:
        raise SamuelError(
            f"{path}: trained on latents of an unknown codec; expected one that can be heard; "
            "train on a data set that samuel-encode made"
        )
    codec = build(config["codec"], allow=TRUSTED)
    unlike = checkpoint.codec_identity.difference(codec.identity)
    if unlike:
        raise SamuelError(
            f"{path}: made for another codec ({unlike}); expected the codec it was trained "
            "with; use the version of samuel_gen that wrote it, or train again"
        )
    denoiser = build(config["model"], allow=TRUSTED)
    try:
        denoiser.load_state_dict(checkpoint.weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise SamuelError(
            f"{path}: weights that do not fit its own configuration ({reason}); expected a "
            "whole checkpoint; copy it again"
        ) from None
    return {
        "denoiser": denoiser,
        "schedule": build(config["schedule"], allow=TRUSTED),
        "objective": build(config["objective"], allow=TRUSTED),
        "codec": codec,
        "vocal_normaliser": checkpoint.vocal_normaliser,
        "accompaniment_normaliser": checkpoint.accompaniment_normaliser,
    }
