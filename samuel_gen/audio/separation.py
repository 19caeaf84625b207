"""Separation of a mix into vocal and accompaniment, in bounded memory."""

import logging
import math
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.audio.crossfade import crossfade_segments
from samuel_gen.audio.recording import Recording
from samuel_gen.audio.resample import resampled_length
from samuel_gen.errors import SamuelError

log = logging.getLogger(__name__)

_STEMS = ["drums", "bass", "other", "vocals"]  # as the weights were trained
_WEIGHTS = "models/hdemucs_high_trained.pt"  # below torchaudio's address and below its cache folder


@runtime_checkable
class Separator(Protocol):
    """A small value that splits a mix in two; its repr identifies the stems that it gives."""

    @property
    def sample_rate(self) -> int:
        """Sample rate of the stems in Hz."""

    def prepare(self) -> None:
        """Fetch everything that `separate` needs, before the first song.

        Raises:
            SamuelError: something cannot be fetched; the message says how to get it.
        """

    def separate(
        self, mixture: Recording
    ) -> Iterator[tuple[Float[Tensor, "2 block"], Float[Tensor, "2 block"]]]:
        """Yield vocal and accompaniment in blocks; both are as long as the mix.

        Raises:
            SamuelError: the mix cannot be read.
        """


@dataclass(frozen=True, repr=False)
class HybridDemucs:
    """Hybrid Demucs with torchaudio's weights HDEMUCS_HIGH_MUSDB_PLUS, on crossfaded segments.

    Source: Defossez 2021, "Hybrid Spectrogram and Waveform Source Separation".

    Args:
        weights: the file of the weights; None: the file in torch's cache folder that torchaudio
            uses too, downloaded if needed (335 MB). Its name, not its folder, identifies the stems.
        device: "cpu", "cuda" or "auto": the GPU if there is one.
        segment_seconds: the length of sound that the network processes at once.
        overlap_seconds: the length of the crossfade between two segments.
    """

    weights: str | Path | None = None
    device: str = "auto"
    segment_seconds: float = 10.0
    overlap_seconds: float = 1.0

    sample_rate: ClassVar[int] = 44_100

    def __post_init__(self) -> None:
        if not 0 < 2 * self.overlap_seconds <= self.segment_seconds:
            raise SamuelError(
                f"separator: segments of {self.segment_seconds} s overlap by "
                f"{self.overlap_seconds} s; choose an overlap of at most half a segment"
            )

    def __repr__(self) -> str:
        """Return all that decides the stems: neither the weights' folder nor the device does."""
        name = Path(self.weights or _WEIGHTS).name
        return f"HybridDemucs({name!r}, {self.segment_seconds}, {self.overlap_seconds})"

    def prepare(self) -> None:
        """Find or download the weights, and check that they fit.

        Raises:
            SamuelError: the weights cannot be fetched, or belong to another network.
        """
        load_hybrid_demucs(self._weights_file())

    def separate(
        self, mixture: Recording
    ) -> Iterator[tuple[Float[Tensor, "2 block"], Float[Tensor, "2 block"]]]:
        """Yield vocal and accompaniment in blocks; both are as long as the mix.

        The mix is read twice: first to measure its standard deviation, which the network's input
        is divided by.

        Raises:
            SamuelError: the weights cannot be fetched or do not fit, or the mix cannot be read.
        """
        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        network = _load_on_device(self._weights_file(), device)
        scale = _standard_deviation(mixture.blocks(self.sample_rate))

        def process(segment: Tensor) -> Tensor:
            with torch.no_grad():
                stems = network((segment / scale)[None].to(device))[0].cpu() * scale
            vocal = stems[_STEMS.index("vocals")]
            return torch.stack([vocal, stems.sum(0) - vocal])

        length = resampled_length(mixture.samples, mixture.sample_rate, self.sample_rate)
        for both in crossfade_segments(
            mixture.blocks(self.sample_rate),
            length,
            process,
            segment=round(self.segment_seconds * self.sample_rate),
            overlap=round(self.overlap_seconds * self.sample_rate),
        ):
            yield both[0], both[1]

    def _weights_file(self) -> Path:
        """Return the file of the weights, and download it if needed."""
        if self.weights is not None:
            path = Path(self.weights)
            if not path.is_file():
                raise SamuelError(
                    f"{path}: no such file; point source.separator.weights at the weights of "
                    "Hybrid Demucs"
                )
            return path
        path = Path(torch.hub.get_dir()) / "torchaudio" / _WEIGHTS
        if not path.is_file():
            _download(path)
        return path


def load_hybrid_demucs(path: Path) -> nn.Module:
    """Load the network with the weights of a file, on the CPU.

    Raises:
        SamuelError: the file does not hold weights, or holds those of another network.
    """
    network = _build_network()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (RuntimeError, OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise _weights_error(path, error) from error
    except (EOFError, pickle.UnpicklingError) as error:
        raise _weights_error(path, error) from error
    return network.eval().requires_grad_(False)


def _weights_error(path: Path, error: Exception) -> SamuelError:
    reason = " ".join(str(error).split())[:100]
    return SamuelError(
        f"{path}: not the weights of Hybrid Demucs ({reason}...); download torchaudio's "
        f"{Path(_WEIGHTS).name} again"
    )


@lru_cache(maxsize=1)
def _load_on_device(path: Path, device: str) -> nn.Module:
    return load_hybrid_demucs(path).to(device)


def _build_network() -> nn.Module:
    """Build the network that the weights were trained with, without weights.

    torchaudio's bundle does the same, but only together with its own download.
    """
    from torchaudio.models import hdemucs_high

    network: nn.Module = hdemucs_high(_STEMS)
    return network


def _download(path: Path) -> None:
    address = f"https://download.pytorch.org/torchaudio/{_WEIGHTS}"
    log.info("downloading %s to %s", address, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(address, str(path))
    except (OSError, RuntimeError) as error:  # URLError and HTTPError are OSErrors
        reason = getattr(error, "reason", None) or error
        raise SamuelError(
            f"{path}: the separator's weights (335 MB) could not be downloaded ({reason}); fetch "
            f"{address} on another machine, and put it there or set source.separator.weights=FILE"
        ) from error


def _standard_deviation(blocks: Iterable[Float[Tensor, "2 _"]]) -> float:
    """Return the standard deviation of the mono sound, never 0."""
    count, total, squares = 0, 0.0, 0.0
    for block in blocks:
        mono = block.double().mean(0)
        count += mono.numel()
        total += float(mono.sum())
        squares += float(mono.square().sum())
    return math.sqrt(max(1e-8, squares / count - (total / count) ** 2))
