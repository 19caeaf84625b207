"""Sound that is read in order, as often as asked, in memory that does not grow with its length."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import soundfile
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.containers import lost_end
from samuel_gen.audio.resample import to_stereo
from samuel_gen.audio.streams import BLOCK_SAMPLES, even, exactly, resampled_blocks
from samuel_gen.errors import SamuelError

_LONGEST = 2**48  # libsndfile gives the largest integer where a header leaves the length open
_MP3_FRAME = 1152  # encoders do not agree on whether the frame of the header counts


@runtime_checkable
class Recording(Protocol):
    """Stereo sound of known length; full scale is 1."""

    @property
    def sample_rate(self) -> int:
        """Its own rate in Hz."""

    @property
    def samples(self) -> int:
        """Its length at its own rate."""

    def blocks(self, sample_rate: int) -> Iterator[Float[Tensor, "2 block"]]:
        """The sound from its start, in blocks of BLOCK_SAMPLES, of which the last may be shorter.

        `round(samples * sample_rate / self.sample_rate)` samples in all.

        Args:
            sample_rate: Hz to resample to.

        Raises:
            SamuelError: it cannot be read to its end, or holds NaN or infinite samples.
        """

    def content(self) -> str:
        """SHA-256 of its samples as 16-bit stereo: equal for equal sound in any format.

        Raises:
            SamuelError: as `blocks`.
        """


class Sound:
    """A recording in memory.

    Args:
        samples: full scale is 1.
        sample_rate: Hz.
    """

    def __init__(self, samples: Float[Tensor, "channels samples"], sample_rate: int) -> None:
        self._audio = to_stereo(samples)
        self.sample_rate = sample_rate
        self.samples = samples.shape[-1]

    def blocks(self, sample_rate: int) -> Iterator[Float[Tensor, "2 block"]]:
        """See `Recording`."""
        return resampled_blocks(
            [self._audio], self.sample_rate, sample_rate, _length(self, sample_rate)
        )

    def content(self) -> str:
        """See `Recording`."""
        return content_of([self._audio])


class SoundFile:
    """A WAV, FLAC, OGG, MP3 or AIFF file of any rate and channels, decoded as it is read.

    Args:
        path: the file.

    Raises:
        SamuelError: no such file, not audio, no samples, or shorter than its header says.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self._opened() as file:
            self.sample_rate = int(file.samplerate)
            self.samples = int(file.frames)
            self._slack = _MP3_FRAME if file.format == "MP3" else 0
        if self.samples == 0:
            raise self._empty()
        if self.samples > _LONGEST:
            raise SamuelError(
                f"{self.path}: does not say how long it is; expected a length in its header; "
                "convert the file to WAV"
            )

    def blocks(self, sample_rate: int) -> Iterator[Float[Tensor, "2 block"]]:
        """See `Recording`."""
        return resampled_blocks(
            self._stereo(), self.sample_rate, sample_rate, _length(self, sample_rate)
        )

    def content(self) -> str:
        """See `Recording`."""
        return content_of(self._stereo())

    def read(self) -> Float[Tensor, "channels samples"]:
        """All of it, at its own rate and with its own channels.

        Raises:
            SamuelError: as `blocks`.
        """
        return torch.cat(list(self.own_blocks()), dim=-1)

    def _stereo(self) -> Iterator[Float[Tensor, "2 block"]]:
        return (to_stereo(block).contiguous() for block in self.own_blocks())

    def own_blocks(self) -> Iterator[Float[Tensor, "channels block"]]:
        """All of it in order, at its own rate and with its own channels.

        Raises:
            SamuelError: as `blocks`.
        """
        read = 0
        with self._opened() as file:
            while read < self.samples:
                try:
                    block = file.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
                except (soundfile.SoundFileError, OSError) as error:
                    raise self._cut_short(f"unreadable after {read} samples") from error
                if not len(block):
                    break
                read += len(block)
                if not np.isfinite(block).all():
                    raise SamuelError(
                        f"{self.path}: NaN or infinite samples; expected finite samples; export "
                        "the file again"
                    )
                yield torch.from_numpy(block).T
        if read < self.samples - self._slack:
            raise self._cut_short(f"{read} of {self.samples} samples")

    def _opened(self) -> soundfile.SoundFile:
        try:
            if not self.path.is_file():
                what = "a folder or device" if self.path.exists() else "no such file"
                raise SamuelError(
                    f"{self.path}: {what}; expected a WAV, FLAC, OGG, MP3 or AIFF file; check the "
                    "path"
                )
            if self.path.stat().st_size == 0:
                raise self._empty()
            if found := lost_end(self.path):
                raise self._cut_short(found)
            return soundfile.SoundFile(os.fsencode(self.path))
        except OSError as error:
            raise SamuelError(
                f"{self.path}: {error.strerror or error}; expected a sound file that can be read; "
                "check its permissions and the disk"
            ) from error
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless .raw
            reason = getattr(error, "error_string", str(error)).rstrip(".")
            raise SamuelError(
                f"{self.path}: not audio that can be read ({reason}); expected WAV, FLAC, OGG, MP3 "
                "or AIFF; convert the file to WAV"
            ) from error

    def _empty(self) -> SamuelError:
        return SamuelError(
            f"{self.path}: 0 samples; expected at least 1 s of audio; is the file empty?"
        )

    def _cut_short(self, found: str) -> SamuelError:
        return SamuelError(
            f"{self.path}: cut short or damaged ({found}); expected as much sound as its header "
            "says; copy or export the file again"
        )


class Summed:
    """Recordings that start together, as one; shorter ones end earlier.

    Args:
        recordings: at least one; the highest of their rates is the sum's own.
    """

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.recordings = tuple(recordings)
        self.sample_rate = max(part.sample_rate for part in recordings)
        self.samples = max(
            round(part.samples * self.sample_rate / part.sample_rate) for part in recordings
        )

    def blocks(self, sample_rate: int) -> Iterator[Float[Tensor, "2 block"]]:
        """See `Recording`."""
        parts = [even(part.blocks(sample_rate)) for part in self.recordings]
        sums = (_sum([b for b in blocks if b is not None]) for blocks in zip_longest(*parts))
        return even(exactly(sums, round(self.samples * sample_rate / self.sample_rate)))

    def content(self) -> str:
        """A digest of the parts' contents, whatever their order."""
        contents = sorted(part.content() for part in self.recordings)
        return hashlib.sha256(" ".join(contents).encode()).hexdigest()


def _sum(blocks: Sequence[Float[Tensor, "2 _"]]) -> Float[Tensor, "2 block"]:
    total = torch.zeros(2, max(block.shape[-1] for block in blocks))
    for block in blocks:
        total[:, : block.shape[-1]] += block
    return total


def _length(recording: Recording, sample_rate: int) -> int:
    return round(recording.samples * sample_rate / recording.sample_rate)


def content_of(blocks: Iterable[Float[Tensor, "2 block"]]) -> str:
    """SHA-256 of a sound as 16-bit stereo, however it is cut into blocks."""
    digest = hashlib.sha256()
    for block in blocks:
        values = (block.T * 32768).round().clamp(-32768, 32767)
        digest.update(values.numpy().astype("<i2").tobytes())
    return digest.hexdigest()
