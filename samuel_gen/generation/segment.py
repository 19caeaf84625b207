"""Where a stretch that is made anew lies: in seconds, in frames and in samples."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.errors import SamuelError

SHORTEST = 0.5  # s
_BLEND_FRAMES = 4  # in which the new grows out of its neighbours
_DECODED_AROUND = 32  # frames: more than a codec hears


@dataclass(frozen=True)
class Stretch:
    """Seconds `start` to `stop` of a sound that a sampler made.

    Attributes:
        start, stop: s.
        samples, sample_rate: of the whole sound.
        frames: of its latents.
        frames_per_second: of them, as they are played.

    Raises:
        SamuelError: it is too short, or not inside the sound.
    """

    start: float | int
    stop: float | int
    samples: int
    sample_rate: int
    frames: int
    frames_per_second: float

    def __post_init__(self) -> None:
        seconds = self.samples / self.sample_rate
        if not (0 <= self.start < self.stop <= seconds and self.stop - self.start >= SHORTEST):
            raise SamuelError(
                f"redo {self.start:g}-{self.stop:g}: expected {SHORTEST:g} s or more between 0 "
                f"and {seconds:.2f} s, where the sound ends; correct it"
            )

    @cached_property
    def inside(self) -> slice:
        """Its frames."""
        last = math.ceil(self.stop * self.frames_per_second)
        return slice(math.floor(self.start * self.frames_per_second), min(last, self.frames))

    def window(self, frames: int, least: int) -> slice:
        """The frames that are sampled together: it, and what the network hears around it.

        Args:
            frames: best in all.
            least: on either side, should the stretch be long.
        """
        around = max(least, (frames - (self.inside.stop - self.inside.start)) // 2)
        return self._wider(around)

    @property
    def known(self) -> Float[Tensor, " frames"]:
        """Per frame of the whole, the share that stays as it was."""
        inside, frame = self.inside, torch.arange(self.frames) + 0.5
        before = (frame - inside.start) if inside.start > 0 else torch.full_like(frame, torch.inf)
        after = (inside.stop - frame) if inside.stop < self.frames else torch.inf - 0 * frame
        return 1 - (torch.minimum(before, after) / _BLEND_FRAMES).clamp(0, 1)

    @property
    def decoded(self) -> slice:
        """The frames that are decoded, so that its own come out right."""
        return self._wider(_DECODED_AROUND)

    @property
    def decoded_samples(self) -> int:
        """What those frames last."""
        return self._at(self.decoded.stop) - self._at(self.decoded.start)

    @property
    def place(self) -> slice:
        """Its samples in the whole."""
        return slice(round(self.start * self.sample_rate), round(self.stop * self.sample_rate))

    @property
    def place_in_decoded(self) -> slice:
        """Its samples in what was decoded."""
        first = self._at(self.decoded.start)
        return slice(self.place.start - first, self.place.stop - first)

    def _wider(self, frames: int) -> slice:
        return slice(
            max(0, self.inside.start - frames), min(self.frames, self.inside.stop + frames)
        )

    def _at(self, frame: int) -> int:
        return min(self.samples, round(frame / self.frames_per_second * self.sample_rate))
