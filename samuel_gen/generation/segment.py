"""The place of a segment that is regenerated, in seconds, frames and samples."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.errors import SamuelError

SHORTEST = 0.5  # s
_BLEND_FRAMES = 4  # over which the new latents replace the old at either end
_DECODED_AROUND = 32  # frames; more than any codec's context


@dataclass(frozen=True)
class Segment:
    """A time range of a generated sound.

    Attributes:
        start, stop: the range in seconds.
        num_samples: the length of the whole sound in samples.
        sample_rate: the rate of the sound in Hz.
        num_frames: the length of its latents in frames.
        frames_per_second: the rate of the latents, as they are played.

    Raises:
        SamuelError: the segment is too short, or not inside the sound.
    """

    start: float | int
    stop: float | int
    num_samples: int
    sample_rate: int
    num_frames: int
    frames_per_second: float

    def __post_init__(self) -> None:
        seconds = self.num_samples / self.sample_rate
        if not (0 <= self.start < self.stop <= seconds and self.stop - self.start >= SHORTEST):
            raise SamuelError(
                f"redo {self.start:g}-{self.stop:g}: a segment lasts at least {SHORTEST:g} s and "
                f"lies between 0 and {seconds:.2f} s, the end of the sound; correct it"
            )

    @cached_property
    def frames(self) -> slice:
        """The frames of the segment."""
        last = math.ceil(self.stop * self.frames_per_second)
        return slice(math.floor(self.start * self.frames_per_second), min(last, self.num_frames))

    def window(self, frames: int, margin: int) -> slice:
        """The frames that are sampled together: the segment and its surroundings.

        Args:
            frames: the preferred length of the window.
            margin: the least number of frames on either side, which a long segment gets.
        """
        around = max(margin, (frames - (self.frames.stop - self.frames.start)) // 2)
        return self._widen(around)

    @property
    def kept_share(self) -> Float[Tensor, " frames"]:
        """The share of the old latents in each frame of the whole sound, from 0 to 1."""
        inside, frame = self.frames, torch.arange(self.num_frames) + 0.5
        before = (frame - inside.start) if inside.start > 0 else torch.full_like(frame, torch.inf)
        after = (inside.stop - frame) if inside.stop < self.num_frames else torch.inf - 0 * frame
        return 1 - (torch.minimum(before, after) / _BLEND_FRAMES).clamp(0, 1)

    @property
    def decoded_frames(self) -> slice:
        """The frames to decode, wide enough for the codec's context."""
        return self._widen(_DECODED_AROUND)

    @property
    def decoded_samples(self) -> int:
        """The length of the decoded frames in samples."""
        return self._sample_at(self.decoded_frames.stop) - self._sample_at(
            self.decoded_frames.start
        )

    @property
    def samples(self) -> slice:
        """The samples of the segment in the whole sound."""
        return slice(round(self.start * self.sample_rate), round(self.stop * self.sample_rate))

    @property
    def samples_in_decoded(self) -> slice:
        """The samples of the segment in the sound of the decoded frames."""
        first = self._sample_at(self.decoded_frames.start)
        return slice(self.samples.start - first, self.samples.stop - first)

    def _widen(self, frames: int) -> slice:
        return slice(
            max(0, self.frames.start - frames), min(self.num_frames, self.frames.stop + frames)
        )

    def _sample_at(self, frame: int) -> int:
        return min(self.num_samples, round(frame / self.frames_per_second * self.sample_rate))
