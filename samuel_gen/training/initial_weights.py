"""The start of training from the weights of a released checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from samuel_gen.build import TRUSTED, require_allowed
from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.hub import find_checkpoint
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.errors import SamuelError
from samuel_gen.storage import file_sha256
from samuel_gen.training.checkpoint_config import CheckpointConfig
from samuel_gen.training.module import AccompanimentDiffusion

_SHEET_VIEWS = ("vocal.chords.", "vocal.beats.", "style.")


@dataclass(frozen=True)
class InitialWeights:
    """The provenance of the weights that training began with.

    Attributes:
        sha256: the first 16 hexadecimal digits of the checkpoint file's SHA-256.
        steps: the optimizer steps that these weights had been trained for, including those of the
            weights that they themselves began with.
    """

    sha256: str
    steps: int


def load_initial_weights(
    module: AccompanimentDiffusion, name: str, codec: LatentCodec, config: CheckpointConfig
) -> InitialWeights:
    """Load the weights of a checkpoint into an untrained module.

    Args:
        module: the module to train.
        name: a `.safetensors` file, USER/NAME on the hub, or "bundled".
        codec: the codec of the latents to train on.
        config: the configuration of the run, which must describe the checkpoint's network.

    Raises:
        SamuelError: the file cannot be used, or it belongs to another network or another codec.
    """
    path = BUNDLED if name == "bundled" else find_checkpoint(name)
    checkpoint = Checkpoint.load(path)
    require_allowed(checkpoint.config, TRUSTED)  # the message below proposes its settings
    difference = checkpoint.codec_identity.difference(codec.identity)
    if difference:
        raise SamuelError(
            f"weights={name} were trained on another codec's latents ({difference}); "
            f"choose their codec, which `samuel-inspect {path}` names"
        )
    missing = config.list_differences(checkpoint.config)
    if missing:
        hint = "; add experiment=release" if name == "bundled" else ""
        raise SamuelError(
            f"weights={name} do not fit this model: they need {' '.join(missing)}{hint}"
        )
    module.denoiser.load_state_dict(_add_new_views(module, checkpoint.weights))
    provenance = checkpoint.provenance
    earlier = (provenance.get("began_with") or {}).get("steps", 0)
    return InitialWeights(file_sha256(path)[:16], earlier + provenance.get("step", 0))


def _add_new_views(
    module: AccompanimentDiffusion, weights: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return the weights, with the module's own for views that the checkpoint does not have."""
    own = module.denoiser.state_dict()
    new = {name: own[name] for name in own if name not in weights and name.startswith(_SHEET_VIEWS)}
    return {**weights, **new}
