"""Recordings derived from streams or other recordings, none of them in memory as a whole."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from threading import Lock

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.recording import Recording, hash_content
from samuel_gen.audio.resample import resampled_length
from samuel_gen.audio.streams import BLOCK_SAMPLES, fit_length, resampled_blocks
from samuel_gen.errors import SamuelError

_FRAME_BYTES = 8  # two channels of float32

Blocks = Iterator[Float[Tensor, "2 block"]]


class DerivedRecording(ABC):
    """Base of the recordings below, which define only their sound at their own rate."""

    sample_rate: int
    samples: int

    @abstractmethod
    def _own_blocks(self) -> Iterable[Float[Tensor, "2 _"]]:
        """Return the whole sound at its own rate, in blocks of any lengths."""

    def blocks(self, sample_rate: int) -> Blocks:
        """Read the whole sound in blocks, resampled."""
        length = resampled_length(self.samples, self.sample_rate, sample_rate)
        return resampled_blocks(self._own_blocks(), self.sample_rate, sample_rate, length)

    def content_hash(self) -> str:
        """Return the SHA-256 of the sound as 16-bit stereo."""
        return hash_content(self._own_blocks())


class SpooledRecording(DerivedRecording):
    """A stream that is consumed once and kept in a temporary file, from which it can be read again.

    Several threads may read it at the same time.

    Args:
        blocks: the stream.
        sample_rate: the rate of the stream in Hz.

    Raises:
        SamuelError: the temporary folder has no room for it.
    """

    def __init__(self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.samples = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object
        self._lock = Lock()
        try:
            for block in blocks:
                self._file.write(block.float().T.contiguous().numpy().tobytes())
                self.samples += block.shape[-1]
            self._file.flush()
        except OSError as error:
            raise SamuelError(
                f"{tempfile.gettempdir()}: cannot hold the sound in a temporary file "
                f"({error.strerror}); make room, or set TMPDIR to another folder"
            ) from error

    def _own_blocks(self) -> Iterator[Float[Tensor, "2 _"]]:
        for start in range(0, self.samples, BLOCK_SAMPLES):
            size = min(BLOCK_SAMPLES, self.samples - start) * _FRAME_BYTES
            with self._lock:
                self._file.seek(start * _FRAME_BYTES)
                values = np.frombuffer(self._file.read(size), np.float32)
            yield torch.from_numpy(values.reshape(-1, 2).copy()).T


class ExtendedRecording(DerivedRecording):
    """A recording with silence appended.

    Args:
        recording: the original.
        samples: the length of the silence in samples, at the recording's rate.
    """

    def __init__(self, recording: Recording, samples: int) -> None:
        self.recording = recording
        self.sample_rate, self.samples = recording.sample_rate, recording.samples + samples

    def _own_blocks(self) -> Iterator[Float[Tensor, "2 _"]]:
        return fit_length(self.recording.blocks(self.sample_rate), self.samples)


class SplicedRecording(DerivedRecording):
    """A recording with one segment replaced; outside the segment every sample stays as it is.

    Args:
        recording: the original.
        start: the first sample of the segment.
        patch: the sound that replaces the segment, at the recording's rate.
        fade: the length in samples of the equal-power crossfades, which lie inside the patch at
            its two ends; there is none where the patch begins or ends with the recording.
    """

    def __init__(
        self, recording: Recording, start: int, patch: Float[Tensor, "2 patch"], fade: int
    ) -> None:
        self.recording, self.start = recording, start
        self.sample_rate, self.samples = recording.sample_rate, recording.samples
        length = patch.shape[-1]
        fade = min(fade, length)
        rise = torch.sin((torch.arange(fade) + 0.5) / fade * torch.pi / 2)
        gain = torch.ones(length)
        if start > 0:
            gain[:fade] *= rise
        if start + length < self.samples:
            gain[length - fade :] *= rise.flip(0)
        self._new, self._old = gain * patch, (1 - gain.square()).clamp(min=0).sqrt()

    def _own_blocks(self) -> Iterator[Float[Tensor, "2 _"]]:
        at, stop = 0, self.start + self._old.shape[-1]
        for block in self.recording.blocks(self.sample_rate):
            first, last = max(at, self.start), min(at + block.shape[-1], stop)
            if first < last:
                inside = slice(first - at, last - at)
                patched = slice(first - self.start, last - self.start)
                block = block.clone()
                block[:, inside] = self._old[patched] * block[:, inside] + self._new[:, patched]
            at += block.shape[-1]
            yield block
