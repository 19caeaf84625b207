"""From a released model back to one that learns."""

from typing import Any

from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.hub import checkpoint_file
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.errors import SamuelError
from samuel_gen.generation.recipe import digest
from samuel_gen.training.module import AccompanimentDiffusion


def begin_with(
    module: AccompanimentDiffusion, name: str, codec: LatentCodec, config: dict[str, Any]
) -> dict[str, str | int]:
    """Give the network a released model's weights to begin with.

    Args:
        module: has not been trained yet.
        name: a `.safetensors` file, USER/NAME on the hub, or "shipped".
        codec: of the latents that it is going to learn.
        config: the run's, resolved; of it `model` and `diffusion` have to be the model's own.

    Returns:
        for the provenance of what the run releases: `sha256` of the file (its first 16 digits) and
        `steps` that its weights have learned for, those of the weights they began with counted.

    Raises:
        SamuelError: the file cannot be used, or is another network's or another codec's.
    """
    path = SHIPPED if name == "shipped" else checkpoint_file(name)
    checkpoint = Checkpoint.load(path)
    unlike = checkpoint.codec_identity.difference(codec.identity)
    if unlike:
        raise SamuelError(
            f"weights={name}: made for another codec ({unlike}); expected this run's; choose the "
            "codec it was trained with: samuel-inspect tells"
        )
    nodes = {
        "model": config["model"],
        "schedule": config["diffusion"]["schedule"],
        "objective": config["diffusion"]["objective"],
    }
    other = [
        f"{node}.{key}={value}"
        for node, ours in nodes.items()
        for key, value in checkpoint.config[node].items()
        if ours.get(key) != value
    ]
    if other:
        raise SamuelError(
            f"weights={name}: of another network ({', '.join(other)}); expected this run's; choose "
            "what it was trained with, such as experiment=release for the weights in the package"
        )
    module.denoiser.load_state_dict(checkpoint.weights)
    known = checkpoint.provenance
    before = (known.get("began_with") or {}).get("steps", 0)
    return {"sha256": digest(path)[:16], "steps": before + known.get("step", 0)}
