"""The trained model that a checkpoint describes, ready to generate with."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from samuel_gen.build import TRUSTED, build
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.diffusion.denoiser import VIEWS
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.errors import SamuelError


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A network with everything that generation needs to use it.

    Attributes:
        denoiser: the network; its output is what `objective` says.
        schedule: the noise schedule that it was trained on.
        objective: the quantity that the network predicts.
        codec: the codec between audio and latents.
        vocal_normaliser, accompaniment_normaliser: the maps from the codec's latents to the
            network's.
    """

    denoiser: nn.Module
    schedule: NoiseSchedule
    objective: Objective
    codec: LatentCodec
    vocal_normaliser: LatentNormaliser
    accompaniment_normaliser: LatentNormaliser

    @property
    def follows_lead_sheets(self) -> bool:
        """True if the network uses beats or chords; one that does not name its views may."""
        return bool({"beats", "chords"} & set(getattr(self.denoiser, "views", VIEWS)))


def load_model(path: str | Path) -> TrainedModel:
    """Build the model that a checkpoint describes; only code of this package is ever run.

    Args:
        path: a `.safetensors` file that samuel-train wrote.

    Raises:
        SamuelError: the file cannot be used, or it was made for another codec than this version's.
    """
    checkpoint = Checkpoint.load(path)
    config = checkpoint.config
    if config["codec"] is None:
        raise SamuelError(
            f"{path}: trained on latents of an unknown codec, which nothing can decode; "
            "train on a data set that samuel-encode made"
        )
    codec = build(config["codec"], allow=TRUSTED)
    difference = checkpoint.codec_identity.difference(codec.identity)
    if difference:
        raise SamuelError(
            f"{path}: made for another codec ({difference}); use the version of samuel_gen that "
            f"wrote it ({checkpoint.written_by}), or train again"
        )
    denoiser = build(config["model"], allow=TRUSTED)
    try:
        denoiser.load_state_dict(checkpoint.weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise SamuelError(
            f"{path}: the weights do not fit the file's own configuration ({reason}); "
            "copy the file again"
        ) from None
    return TrainedModel(
        denoiser=denoiser,
        schedule=build(config["schedule"], allow=TRUSTED),
        objective=build(config["objective"], allow=TRUSTED),
        codec=codec,
        vocal_normaliser=checkpoint.vocal_normaliser,
        accompaniment_normaliser=checkpoint.accompaniment_normaliser,
    )
