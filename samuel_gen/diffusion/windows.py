"""Denoise latents of any length with a network that was trained on windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.errors import SamuelError


@dataclass(frozen=True, eq=False)
class Windowed:
    """A denoiser that looks at overlapping windows and fades their velocities together.

    The windows share one trajectory: after every evaluation all of them continue from the same
    blended latents, so neighbours agree on what they play where they overlap. Latents that fit
    one window, or exceed it by no more than an overlap, are passed on as they are: two windows
    would see almost the same twice.

    Guidance may go inside or outside; outside (`Guided(Windowed(...))`) `max_batch` counts both
    of its passes and the rescale looks at the whole piece.

    Attributes:
        denoiser: evaluates one window at a time.
        window_frames: length of a window, in frames; best what the network was trained on.
        overlap_frames: frames that neighbours share; the last window is aligned to the end and
            may share more.
        max_batch: windows (times items) per call of the denoiser: bounds its memory.

    Raises:
        SamuelError: a setting lies outside its range.

    Source: Bar-Tal et al. 2023, "MultiDiffusion: Fusing Diffusion Paths", equation 5.
    """

    denoiser: Denoiser
    window_frames: int
    overlap_frames: int
    max_batch: int = 8
    # One object for each voice and call, so that who has listened to it can know it again.
    _voices: WeakKeyDictionary[Vocal, list[Vocal]] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if not 0 <= self.overlap_frames < self.window_frames:
            raise SamuelError(
                f"window_frames={self.window_frames}, overlap_frames={self.overlap_frames}; "
                "expected 0 <= overlap_frames < window_frames; a quarter of the window is usual"
            )
        if self.max_batch < 1:
            raise SamuelError(f"max_batch={self.max_batch}; expected at least 1; 8 is the default")

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """The blended velocity, shaped like `noisy`."""
        batch, _, frames = noisy.shape
        if frames <= self.window_frames + self.overlap_frames and batch <= self.max_batch:
            return self.denoiser(noisy, timestep, vocal)

        fits = frames <= self.window_frames + self.overlap_frames
        length = frames if fits else self.window_frames
        starts = window_starts(frames, length, min(self.overlap_frames, length - 1))
        fade = _fade(length, self.overlap_frames, like=noisy)
        total = torch.zeros_like(noisy[0, 0])
        for start in starts:
            total[start : start + length] += fade

        velocity = torch.zeros_like(noisy)
        calls = list(self._calls(batch, starts))
        for (items, group), voices in zip(calls, self._cut(vocal, calls, length), strict=True):
            answers = self.denoiser(
                torch.cat([noisy[items, :, start : start + length] for start in group]),
                torch.cat([timestep[items]] * len(group)),
                voices,
            )
            for start, answer in zip(group, answers.chunk(len(group)), strict=True):
                place = slice(start, start + length)
                velocity[items, :, place] += answer * (fade / total[place])
        return velocity

    def _cut(self, vocal: Vocal, calls: list[tuple[slice, list[int]]], length: int) -> list[Vocal]:
        """The voices of each call: the same objects whenever the same vocal comes again."""
        cut = self._voices.get(vocal)
        if cut is None:
            cut = self._voices[vocal] = [
                Vocal.concat([vocal.select(items).frames(at, at + length) for at in group])
                for items, group in calls
            ]
        return cut

    def _calls(self, batch: int, starts: list[int]) -> Iterator[tuple[slice, list[int]]]:
        """Which items and which windows go together into one call, `max_batch` at most."""
        num_items = min(batch, self.max_batch)
        num_windows = self.max_batch // num_items
        for item in range(0, batch, num_items):
            for first in range(0, len(starts), num_windows):
                yield slice(item, item + num_items), starts[first : first + num_windows]


def window_starts(frames: int, window_frames: int, overlap_frames: int) -> list[int]:
    """First frames of windows that cover all `frames`, the last one aligned to the end.

    Args:
        frames: length of the whole, at least `window_frames`.
        window_frames: length of each window.
        overlap_frames: frames shared by neighbours, below `window_frames`.
    """
    hop = window_frames - overlap_frames
    return [*range(0, frames - window_frames, hop), frames - window_frames]


def _fade(length: int, overlap: int, like: Tensor) -> Float[Tensor, " length"]:
    """A trapezoid that rises and falls over `overlap` frames and is above zero everywhere."""
    rise = torch.arange(1, length + 1, device=like.device, dtype=like.dtype)
    return torch.minimum(rise, rise.flip(0)).clamp(max=overlap + 1) / (overlap + 1)
