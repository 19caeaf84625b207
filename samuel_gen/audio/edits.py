"""Recordings made of others, none of them in memory as a whole."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.recording import Recording, content_of
from samuel_gen.audio.streams import BLOCK_SAMPLES, exactly, resampled_blocks
from samuel_gen.errors import SamuelError

_BYTES = 8  # of an instant: two channels of float32

Blocks = Iterator[Float[Tensor, "2 block"]]


class Made(ABC):
    """What the recordings of this module share: they say only how they sound at their own rate."""

    sample_rate: int
    samples: int

    @abstractmethod
    def _own(self) -> Iterable[Float[Tensor, "2 _"]]:
        """The sound at its own rate, block by block."""

    def blocks(self, sample_rate: int) -> Blocks:
        """See `Recording`."""
        length = round(self.samples * sample_rate / self.sample_rate)
        return resampled_blocks(self._own(), self.sample_rate, sample_rate, length)

    def content(self) -> str:
        """See `Recording`."""
        return content_of(self._own())


class Spooled(Made):
    """A stream that was heard once and can be heard again; it waits in a temporary file.

    Args:
        blocks: the stream.
        sample_rate: Hz.

    Raises:
        SamuelError: the temporary folder has no room for it.
    """

    def __init__(self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.samples = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - goes with this object
        try:
            for block in blocks:
                self._file.write(block.float().T.contiguous().numpy().tobytes())
                self.samples += block.shape[-1]
            self._file.flush()
        except OSError as error:
            raise SamuelError(
                f"{tempfile.gettempdir()}: {error.strerror}; expected room for the sound on its "
                "way; make room, or set TMPDIR to another folder"
            ) from error

    def _own(self) -> Iterator[Float[Tensor, "2 _"]]:
        for start in range(0, self.samples, BLOCK_SAMPLES):
            self._file.seek(start * _BYTES)
            values = np.frombuffer(self._file.read(BLOCK_SAMPLES * _BYTES), np.float32)
            yield torch.from_numpy(values.reshape(-1, 2).copy()).T


class Louder(Made):
    """A recording times a factor.

    Args:
        recording: what is played.
        gain: by what.
    """

    def __init__(self, recording: Recording, gain: float) -> None:
        self.recording, self.gain = recording, gain
        self.sample_rate, self.samples = recording.sample_rate, recording.samples

    def _own(self) -> Iterator[Float[Tensor, "2 _"]]:
        return (self.gain * block for block in self.recording.blocks(self.sample_rate))


class Lengthened(Made):
    """A recording and silence after it.

    Args:
        recording: what is played.
        samples: of silence.
    """

    def __init__(self, recording: Recording, samples: int) -> None:
        self.recording = recording
        self.sample_rate, self.samples = recording.sample_rate, recording.samples + samples

    def _own(self) -> Iterator[Float[Tensor, "2 _"]]:
        return exactly(self.recording.blocks(self.sample_rate), self.samples)


class Spliced(Made):
    """A recording of which one stretch is replaced; outside it every sample is as it was.

    Args:
        recording: what is played.
        start: the first sample that may differ.
        patch: what is played from there on, at the same rate.
        fade: samples over which the two cross at either end of the patch, inside it, at equal
            power; there is none where the patch begins or ends with the recording.
    """

    def __init__(
        self, recording: Recording, start: int, patch: Float[Tensor, "2 patch"], fade: int
    ) -> None:
        self.recording, self.start = recording, start
        self.sample_rate, self.samples = recording.sample_rate, recording.samples
        length = patch.shape[-1]
        fade = min(fade, length)
        rise = torch.sin((torch.arange(fade) + 0.5) / fade * torch.pi / 2)
        new = torch.ones(length)
        if start > 0:
            new[:fade] *= rise
        if start + length < self.samples:
            new[length - fade :] *= rise.flip(0)
        self._new, self._old = new * patch, (1 - new.square()).clamp(min=0).sqrt()

    def _own(self) -> Iterator[Float[Tensor, "2 _"]]:
        at, stop = 0, self.start + self._old.shape[-1]
        for block in self.recording.blocks(self.sample_rate):
            first, last = max(at, self.start), min(at + block.shape[-1], stop)
            if first < last:
                inside, there = (
                    slice(first - at, last - at),
                    slice(first - self.start, last - self.start),
                )
                block = block.clone()
                block[:, inside] = self._old[there] * block[:, inside] + self._new[:, there]
            at += block.shape[-1]
            yield block
