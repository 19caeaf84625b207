"""Recordings: stereo sound of known length that is read in blocks, from memory or from a file."""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.decoding import (
    DamagedSoundError,
    LongSoundError,
    UnknownSoundError,
    open_decoder,
)
from samuel_gen.audio.resample import resampled_length, to_stereo
from samuel_gen.audio.streams import fit_length, rechunk, resampled_blocks
from samuel_gen.errors import SamuelError


@runtime_checkable
class Recording(Protocol):
    """Stereo sound of known length; full scale is 1.

    It can be read any number of times, in memory that does not grow with its length.
    """

    @property
    def sample_rate(self) -> int:
        """The recording's own sample rate in Hz."""

    @property
    def samples(self) -> int:
        """The length in samples at the recording's own rate."""

    def blocks(self, sample_rate: int) -> Iterator[Float[Tensor, "2 block"]]:
        """Read the whole sound in blocks of BLOCK_SAMPLES; the last may be shorter.

        The blocks hold `resampled_length(samples, self.sample_rate, sample_rate)` samples in all.

        Args:
            sample_rate: the rate in Hz to resample to.

        Raises:
            SamuelError: the sound cannot be read to its end, or holds NaN or infinite samples.
        """

    def content_hash(self) -> str:
        """Return the SHA-256 of the sound as 16-bit stereo, equal for equal sound in any format.

        Raises:
            SamuelError: the sound cannot be read to its end, or holds NaN or infinite samples.
        """


class MemoryRecording:
    """A recording in memory.

    Args:
        samples: the sound, which is converted to stereo; full scale is 1.
        sample_rate: the rate of the sound in Hz.
    """

    def __init__(self, samples: Float[Tensor, "channels samples"], sample_rate: int) -> None:
        self._audio = to_stereo(samples)
        self.sample_rate = sample_rate
        self.samples = samples.shape[-1]

    def blocks(self, sample_rate: int) -> Iterator[Float[Tensor, "2 block"]]:
        """Read the whole sound in blocks, resampled."""
        length = resampled_length(self.samples, self.sample_rate, sample_rate)
        return resampled_blocks([self._audio], self.sample_rate, sample_rate, length)

    def content_hash(self) -> str:
        """Return the SHA-256 of the sound as 16-bit stereo."""
        return hash_content([self._audio])


class SoundFile:
    """A sound file of any rate and channels, decoded as it is read.

    libsndfile decodes WAV, FLAC, OGG, MP3 and AIFF; FFmpeg, by PyAV, what phones and browsers
    write (M4A, WEBM, MP4, 3GP), and files whose header is wrong about their length.

    Args:
        path: the file.
        longest: the length in seconds above which the file is refused, without decoding the rest.

    Attributes:
        notes: the oddities of the file, a line each.
        lines: the same with the name of the file before each.

    Raises:
        SamuelError: no such file, not audio, no samples, cut short, or too long.
    """

    def __init__(self, path: str | Path, longest: float | int = math.inf) -> None:
        self.path = Path(path)
        self._longest = longest
        with self._explain():
            if not self.path.is_file():
                what = "a folder or device" if self.path.exists() else "no such file"
                raise SamuelError(f"{self.path}: {what}; name a sound file such as take.wav")
            if self.path.stat().st_size == 0:
                raise self._empty_error()
            self._decoder = open_decoder(self.path, float(longest))
        self.sample_rate, self.samples = self._decoder.sample_rate, self._decoder.samples
        self.notes = self._decoder.notes
        self.lines = tuple(f"{self.path}: {note}" for note in self.notes)
        if self.samples == 0:
            raise self._empty_error()

    def blocks(self, sample_rate: int) -> Iterator[Float[Tensor, "2 block"]]:
        """Read the whole sound in stereo blocks, resampled."""
        length = resampled_length(self.samples, self.sample_rate, sample_rate)
        return resampled_blocks(self._stereo_blocks(), self.sample_rate, sample_rate, length)

    def content_hash(self) -> str:
        """Return the SHA-256 of the sound as 16-bit stereo."""
        return hash_content(self._stereo_blocks())

    def read(self) -> Float[Tensor, "channels samples"]:
        """Read the whole sound into memory, at its own rate and with its own channels.

        Raises:
            SamuelError: the file cannot be read to its end, or holds NaN or infinite samples.
        """
        return torch.cat(list(self.own_blocks()), dim=-1)

    def own_blocks(self) -> Iterator[Float[Tensor, "channels block"]]:
        """Read the whole sound in blocks, at its own rate and with its own channels.

        Raises:
            SamuelError: the file cannot be read to its end, or holds NaN or infinite samples.
        """
        with self._explain():
            for block in self._decoder.blocks():
                if not np.isfinite(block).all():
                    raise SamuelError(
                        f"{self.path}: NaN or infinite samples; export the file again"
                    )
                yield torch.from_numpy(block).T

    def _stereo_blocks(self) -> Iterator[Float[Tensor, "2 block"]]:
        return (to_stereo(block).contiguous() for block in self.own_blocks())

    @contextmanager
    def _explain(self) -> Iterator[None]:
        """Turn what the decoders raise into one line that names the file."""
        try:
            yield
        except OSError as error:
            raise SamuelError(
                f"{self.path}: cannot be read ({error.strerror or error}); check its permissions "
                "and the disk"
            ) from error
        except UnknownSoundError as error:
            raise SamuelError(
                f"{self.path}: not audio that can be read ({error}); convert it to WAV, FLAC, OGG, "
                "MP3 or M4A"
            ) from error
        except LongSoundError as error:
            raise SamuelError(
                f"{self.path}: longer than {self._longest / 60:g} minutes; cut it"
            ) from error
        except DamagedSoundError as error:
            raise SamuelError(
                f"{self.path}: cut short or damaged ({error}); copy or export the file again"
            ) from error

    def _empty_error(self) -> SamuelError:
        return SamuelError(f"{self.path}: empty (0 samples); record at least 1 s of audio")


class SummedRecording:
    """The sum of recordings that start together; shorter ones end earlier.

    Args:
        recordings: at least one recording; the sum has the highest of their rates.
    """

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.recordings = tuple(recordings)
        self.sample_rate = max(part.sample_rate for part in recordings)
        self.samples = max(
            resampled_length(part.samples, part.sample_rate, self.sample_rate)
            for part in recordings
        )

    def blocks(self, sample_rate: int) -> Iterator[Float[Tensor, "2 block"]]:
        """Read the whole sum in blocks, resampled."""
        parts = [rechunk(part.blocks(sample_rate)) for part in self.recordings]
        sums = (_sum([b for b in blocks if b is not None]) for blocks in zip_longest(*parts))
        length = resampled_length(self.samples, self.sample_rate, sample_rate)
        return rechunk(fit_length(sums, length))

    def content_hash(self) -> str:
        """Return a SHA-256 of the parts' hashes; the order of the parts does not matter."""
        contents = sorted(part.content_hash() for part in self.recordings)
        return hashlib.sha256(" ".join(contents).encode()).hexdigest()


def _sum(blocks: Sequence[Float[Tensor, "2 _"]]) -> Float[Tensor, "2 block"]:
    total = torch.zeros(2, max(block.shape[-1] for block in blocks))
    for block in blocks:
        total[:, : block.shape[-1]] += block
    return total


def read_segment(
    recording: Recording, start: int, stop: int, sample_rate: int | None = None
) -> Float[Tensor, "2 samples"]:
    """Read samples `start` to `stop` of a recording; the result is shorter if it ends before.

    Args:
        recording: the recording, which is read from its beginning.
        start, stop: the first sample to read, and the first one after the segment.
        sample_rate: the rate in Hz that the samples are counted and read at; None: the
            recording's own.

    Raises:
        SamuelError: the recording cannot be read as far as `stop`.
    """
    found, at = [torch.zeros(2, 0)], 0
    for block in recording.blocks(recording.sample_rate if sample_rate is None else sample_rate):
        found.append(block[:, max(0, start - at) : max(0, stop - at)])
        at += block.shape[-1]
        if at >= stop:
            break
    return torch.cat(found, dim=1)


def hash_content(blocks: Iterable[Float[Tensor, "2 _"]]) -> str:
    """Return the SHA-256 of a stream as 16-bit stereo; the lengths of the blocks do not matter."""
    digest = hashlib.sha256()
    for block in blocks:
        values = (block.T * 32768).round().clamp(-32768, 32767)
        digest.update(values.numpy().astype("<i2").tobytes())
    return digest.hexdigest()
