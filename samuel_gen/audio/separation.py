"""Taking the voice out of a finished song, in memory that does not grow with its length."""

import logging
import math
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.audio.recording import Recording
from samuel_gen.errors import SamuelError

log = logging.getLogger(__name__)

_VOCALS = 3  # the bundle's sources are drums, bass, other, vocals
Process = Callable[[Tensor], Tensor]


@runtime_checkable
class Separator(Protocol):
    """Splits a mixture in two. A small value; its repr tells it from one that gives other stems."""

    @property
    def sample_rate(self) -> int:
        """Of what it gives, in Hz."""

    def prepare(self) -> None:
        """Get what it needs, before the first song.

        Raises:
            SamuelError: that cannot be had; the line says how to get it.
        """

    def separate(
        self, mixture: Recording
    ) -> Iterator[tuple[Float[Tensor, "2 block"], Float[Tensor, "2 block"]]]:
        """The vocal and the accompaniment, block by block, together as long as the mixture.

        Raises:
            SamuelError: the mixture cannot be read.
        """


@dataclass(frozen=True, repr=False)
class HybridDemucs:
    """Hybrid Demucs as torchaudio brings it (HDEMUCS_HIGH_MUSDB_PLUS), over crossfaded segments.

    Source: Defossez 2021, "Hybrid Spectrogram and Waveform Source Separation".

    Args:
        weights: the file of its weights; None takes torch's cache folder, where torchaudio puts
            them when it downloads them (335 MB). Stems of another file's are told by its name.
        device: "cpu", "cuda" or "auto", which is the GPU where there is one.
        segment_seconds: what the network hears at once.
        overlap_seconds: over which one segment fades into the next.
    """

    weights: str | Path | None = None
    device: str = "auto"
    segment_seconds: float = 10.0
    overlap_seconds: float = 1.0

    sample_rate: ClassVar[int] = 44_100

    def __post_init__(self) -> None:
        if not 0 < 2 * self.overlap_seconds <= self.segment_seconds:
            raise SamuelError(
                f"separator: segments of {self.segment_seconds} s that overlap by "
                f"{self.overlap_seconds} s; expected an overlap of at most half; change one"
            )

    def __repr__(self) -> str:
        """What decides the stems: not where the weights lie, nor the device."""
        name = Path(self.weights or _bundle_file()).name
        return f"HybridDemucs({name!r}, {self.segment_seconds}, {self.overlap_seconds})"

    def prepare(self) -> None:
        """Find or download the weights, and see that they fit.

        Raises:
            SamuelError: they cannot be had, or are of another network.
        """
        load_hybrid_demucs(self._file())

    def separate(
        self, mixture: Recording
    ) -> Iterator[tuple[Float[Tensor, "2 block"], Float[Tensor, "2 block"]]]:
        """See `Separator`. The mixture is read twice: its level is set before the network hears it.

        Raises:
            SamuelError: as `prepare`, or the mixture cannot be read.
        """
        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        network = _network(self._file(), device)
        level = _deviation(mixture.blocks(self.sample_rate))

        def process(segment: Tensor) -> Tensor:
            with torch.no_grad():
                stems = network((segment / level)[None].to(device))[0].cpu() * level
            vocal = stems[_VOCALS]
            return torch.stack([vocal, stems.sum(0) - vocal])

        length = round(mixture.samples * self.sample_rate / mixture.sample_rate)
        for both in crossfaded(
            mixture.blocks(self.sample_rate),
            length,
            process,
            segment=round(self.segment_seconds * self.sample_rate),
            overlap=round(self.overlap_seconds * self.sample_rate),
        ):
            yield both[0], both[1]

    def _file(self) -> Path:
        """The weights' file, downloaded if need be."""
        if self.weights is not None:
            path = Path(self.weights)
            if not path.is_file():
                raise SamuelError(
                    f"{path}: no such file; expected the weights of Hybrid Demucs; check "
                    "source.separator.weights"
                )
            return path
        path = Path(torch.hub.get_dir()) / "torchaudio" / _bundle_file()
        if not path.is_file():
            _download(path)
        return path


def crossfaded(
    blocks: Iterable[Float[Tensor, "2 _"]],
    length: int,
    process: Process,
    *,
    segment: int,
    overlap: int,
) -> Iterator[Float[Tensor, "stems 2 block"]]:
    """A long sound processed in segments, each faded linearly into the next.

    A process that treats every sample alone gives what it would give for the whole. The last
    segment reaches back to be as long as the others; a sound shorter than one is filled with zeros.

    Args:
        blocks: the sound.
        length: its samples.
        process: (2, segment) to (stems, 2, segment).
        segment, overlap: samples; the overlap is at most half a segment.
    """
    incoming = iter(blocks)
    held, start = torch.zeros(2, 0), 0  # the sound from `start` on, as far as it was read
    step = segment - overlap
    fade = (torch.arange(overlap) + 0.5) / overlap
    tail: Tensor | None = None
    begin = 0
    while begin < length:
        end = min(begin + segment, length)
        heard = max(0, end - segment)
        while start + held.shape[-1] < end:
            held = torch.cat([held, next(incoming)], dim=-1)
        held, start = held[:, heard - start :], heard
        window = torch.nn.functional.pad(held[:, : end - heard], (0, segment - (end - heard)))
        made = process(window)[..., begin - heard : end - heard]
        if tail is not None:
            made[..., :overlap] = fade * made[..., :overlap] + (1 - fade) * tail
        if end == length:
            yield made
            return
        yield made[..., :step]
        tail = made[..., step:]
        begin += step


def load_hybrid_demucs(path: Path) -> nn.Module:
    """The network with the weights of a file, on the CPU.

    Raises:
        SamuelError: not a file of weights, or weights of another network.
    """
    network = _bundle_network()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except (RuntimeError, OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise _not_weights(path, error) from error
    except (EOFError, pickle.UnpicklingError) as error:
        raise _not_weights(path, error) from error
    return network.eval().requires_grad_(False)


def _not_weights(path: Path, error: Exception) -> SamuelError:
    reason = " ".join(str(error).split())[:100]
    return SamuelError(
        f"{path}: not the weights of Hybrid Demucs ({reason}...); expected torchaudio's "
        f"{Path(_bundle_file()).name}; get it again"
    )


@lru_cache(maxsize=1)
def _network(path: Path, device: str) -> nn.Module:
    return load_hybrid_demucs(path).to(device)


def _bundle_network() -> nn.Module:
    from torchaudio.pipelines import HDEMUCS_HIGH_MUSDB_PLUS

    network: nn.Module = HDEMUCS_HIGH_MUSDB_PLUS._model_factory_func()
    return network


def _bundle_file() -> str:
    """The weights' path below torchaudio's download address, and below its cache folder."""
    from torchaudio.pipelines import HDEMUCS_HIGH_MUSDB_PLUS

    return str(HDEMUCS_HIGH_MUSDB_PLUS._model_path)


def _download(path: Path) -> None:
    address = f"https://download.pytorch.org/torchaudio/{_bundle_file()}"
    log.info("downloading %s to %s", address, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(address, str(path))
    except (OSError, RuntimeError) as error:  # URLError and HTTPError are OSErrors
        reason = getattr(error, "reason", None) or error
        raise SamuelError(
            f"{path}: the separator's weights are not there and could not be downloaded "
            f"({reason}); expected 335 MB; fetch {address} where there is a network, and put it "
            "there or name it with source.separator.weights=FILE"
        ) from error


def _deviation(blocks: Iterable[Float[Tensor, "2 block"]]) -> float:
    """The standard deviation of the mono sound, never 0."""
    count, total, squares = 0, 0.0, 0.0
    for block in blocks:
        mono = block.double().mean(0)
        count += mono.numel()
        total += float(mono.sum())
        squares += float(mono.square().sum())
    return math.sqrt(max(1e-8, squares / count - (total / count) ** 2))
