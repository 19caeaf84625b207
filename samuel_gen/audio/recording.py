"""Recordings: stereo sound of known length that is read in blocks, from memory or from a file."""

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

from samuel_gen.audio.resample import resampled_length, to_stereo
from samuel_gen.audio.streams import BLOCK_SAMPLES, fit_length, rechunk, resampled_blocks
from samuel_gen.audio.truncation import find_truncation
from samuel_gen.errors import SamuelError

_LONGEST = 2**48  # libsndfile returns the largest integer for a header that leaves the length open
_MP3_FRAME = 1152  # encoders disagree on whether the frame of the header counts


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
    """A WAV, FLAC, OGG, MP3 or AIFF file of any rate and channels, decoded as it is read.

    Args:
        path: the file.

    Raises:
        SamuelError: no such file, not audio, no samples, or shorter than its header says.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self._open() as file:
            self.sample_rate = int(file.samplerate)
            self.samples = int(file.frames)
            self._slack = _MP3_FRAME if file.format == "MP3" else 0
        if self.samples == 0:
            raise self._empty_error()
        if self.samples > _LONGEST:
            raise SamuelError(
                f"{self.path}: the header does not say how long it is; convert the file to WAV"
            )

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
        read = 0
        with self._open() as file:
            while read < self.samples:
                try:
                    block = file.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
                except (soundfile.SoundFileError, OSError) as error:
                    raise self._truncation_error(f"unreadable after {read} samples") from error
                if not len(block):
                    break
                read += len(block)
                if not np.isfinite(block).all():
                    raise SamuelError(
                        f"{self.path}: NaN or infinite samples; export the file again"
                    )
                yield torch.from_numpy(block).T
        if read < self.samples - self._slack:
            raise self._truncation_error(f"{read} of {self.samples} samples")

    def _stereo_blocks(self) -> Iterator[Float[Tensor, "2 block"]]:
        return (to_stereo(block).contiguous() for block in self.own_blocks())

    def _open(self) -> soundfile.SoundFile:
        try:
            if not self.path.is_file():
                what = "a folder or device" if self.path.exists() else "no such file"
                raise SamuelError(f"{self.path}: {what}; name a WAV, FLAC, OGG, MP3 or AIFF file")
            if self.path.stat().st_size == 0:
                raise self._empty_error()
            if evidence := find_truncation(self.path):
                raise self._truncation_error(evidence)
            return soundfile.SoundFile(os.fsencode(self.path))
        except OSError as error:
            raise SamuelError(
                f"{self.path}: cannot be read ({error.strerror or error}); check its permissions "
                "and the disk"
            ) from error
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless .raw
            reason = getattr(error, "error_string", str(error)).rstrip(".")
            raise SamuelError(
                f"{self.path}: not audio that can be read ({reason}); convert it to WAV, FLAC, "
                "OGG, MP3 or AIFF"
            ) from error

    def _empty_error(self) -> SamuelError:
        return SamuelError(f"{self.path}: empty (0 samples); record at least 1 s of audio")

    def _truncation_error(self, evidence: str) -> SamuelError:
        return SamuelError(
            f"{self.path}: cut short or damaged ({evidence}); copy or export the file again"
        )


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
