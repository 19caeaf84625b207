"""The trained model that a checkpoint describes, ready to generate with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from samuel_gen.build import TRUSTED, build
from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.diffusion.denoiser import VIEWS
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.errors import SamuelError

_LARGEST = 2**20


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


def load_model(path: str | Path, decoder: str | None = None) -> TrainedModel:
    """Build the model that a checkpoint describes; only code of this package is ever run.

    Args:
        path: a `.safetensors` file that samuel-train wrote.
        decoder: the decoder of the spectral codec, `learned` or `closed_form`; None for the one
            that the checkpoint names.

    Raises:
        SamuelError: the file cannot be used, it was made for another codec than this version's, or
            its codec has no such decoder.
    """
    checkpoint = Checkpoint.load(path)
    config = checkpoint.config
    with _explain_config(path):
        _require_possible_numbers(config)
        return _build_model(path, checkpoint, decoder)


def _build_model(path: str | Path, checkpoint: Checkpoint, decoder: str | None) -> TrainedModel:
    config = checkpoint.config
    if config["codec"] is None:
        raise SamuelError(
            f"{path}: trained on latents of an unknown codec, which nothing can decode; "
            "train on a data set that samuel-encode made"
        )
    codec = build(config["codec"], allow=TRUSTED)
    if decoder is not None:
        if not isinstance(codec, SpectralCodec):
            raise SamuelError(
                f"decoder={decoder}: the codec of {path} has one decoder; leave it out"
            )
        codec = build({**config["codec"], "decoder": decoder}, allow=TRUSTED)
    difference = checkpoint.codec_identity.difference(codec.identity)
    if difference:
        raise SamuelError(
            f"{path}: made for another codec ({difference}); use the version of samuel_gen that "
            f"wrote it ({checkpoint.written_by}), or train again"
        )
    with torch.device("meta"), _Uninitialised():  # no memory: a file may claim any size
        _require_fit(path, build(config["model"], allow=TRUSTED), checkpoint.weights)
    denoiser = build(config["model"], allow=TRUSTED)
    denoiser.load_state_dict(checkpoint.weights)
    return TrainedModel(
        denoiser=denoiser,
        schedule=build(config["schedule"], allow=TRUSTED),
        objective=build(config["objective"], allow=TRUSTED),
        codec=codec,
        vocal_normaliser=checkpoint.vocal_normaliser,
        accompaniment_normaliser=checkpoint.accompaniment_normaliser,
    )


class _Uninitialised(TorchFunctionMode):
    """Builds networks whose parameters are never drawn.

    On the meta device there is nothing to draw, and trying it imports torch's compiler: seconds.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call a function of torch, unless it initialises a tensor."""
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def _require_fit(path: str | Path, denoiser: nn.Module, weights: Mapping[str, Tensor]) -> None:
    expected = {name: tuple(value.shape) for name, value in denoiser.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    wrong = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    if wrong:
        name = wrong[0]
        raise SamuelError(
            f"{path}: the weights do not fit the file's own configuration ({name}: "
            f"{found.get(name, 'missing')} instead of {expected.get(name, 'none')}); copy the file "
            "again"
        )


def _require_possible_numbers(node: Any) -> None:
    """Refuse a configuration that asks for more memory or time than any network needs.

    Raises:
        ValueError: a number in it is too large.
    """
    if isinstance(node, Mapping):
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            _require_possible_numbers(each)
    if isinstance(node, int | float) and not abs(node) <= _LARGEST:
        raise ValueError(f"{node} is too large")


@contextmanager
def _explain_config(path: str | Path) -> Iterator[None]:
    """Turn whatever a strange configuration breaks into one line."""
    try:
        yield
    except SamuelError:
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise SamuelError(
            f"{path}: the configuration in it cannot be used ({reason}); copy it again, or name "
            "another checkpoint"
        ) from error
