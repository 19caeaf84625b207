"""Denoising of latents of any length with a network that was trained on windows."""

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
    """A denoiser of overlapping windows, whose velocities are faded into each other.

    All windows share one sampling run: after every step they continue from the same latents, so
    neighbours agree where they overlap. Latents that fit into one window, or exceed it by no more
    than an overlap, are passed on whole, because two windows would be almost the same.

    Guidance may be inside or outside. Outside, as `Guided(Windowed(...))`, `max_batch` counts both
    of its passes, and its rescale applies to the whole length.

    Attributes:
        denoiser: the denoiser of one window.
        window_frames: length of a window in frames; best the length of the training crops.
        overlap_frames: frames that neighbours share; the last window is aligned to the end and
            may share more.
        max_batch: most windows (times items) in one call of the denoiser, which bounds its memory.

    Raises:
        SamuelError: a setting lies outside its range.

    Source: Bar-Tal et al. 2023, "MultiDiffusion: Fusing Diffusion Paths", equation 5.
    """

    denoiser: Denoiser
    window_frames: int
    overlap_frames: int
    max_batch: int = 8
    # The cut vocals per vocal: the network's context cache is keyed by object identity.
    _cut_vocals: WeakKeyDictionary[Vocal, list[Vocal]] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if not 0 <= self.overlap_frames < self.window_frames:
            raise SamuelError(
                f"window_frames={self.window_frames}, overlap_frames={self.overlap_frames}: "
                "choose an overlap of 0 or more, below the window; a quarter of it is usual"
            )
        if self.max_batch < 1:
            raise SamuelError(f"max_batch={self.max_batch}: choose 1 or more; 8 is the default")

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """Return the velocity, shaped like `noisy`."""
        batch, _, frames = noisy.shape
        fits_one_window = frames <= self.window_frames + self.overlap_frames
        if fits_one_window and batch <= self.max_batch:
            return self.denoiser(noisy, timestep, vocal)

        length = frames if fits_one_window else self.window_frames
        starts = window_starts(frames, length, min(self.overlap_frames, length - 1))
        fade = _fade(length, self.overlap_frames, like=noisy)
        total_fade = torch.zeros_like(noisy[0, 0])
        for start in starts:
            total_fade[start : start + length] += fade

        velocity = torch.zeros_like(noisy)
        calls = list(self._group_into_calls(batch, starts))
        vocals = self._cut_vocal(vocal, calls, length)
        for (items, group), cut_vocal in zip(calls, vocals, strict=True):
            velocities = self.denoiser(
                torch.cat([noisy[items, :, start : start + length] for start in group]),
                torch.cat([timestep[items]] * len(group)),
                cut_vocal,
            )
            for start, part in zip(group, velocities.chunk(len(group)), strict=True):
                window = slice(start, start + length)
                velocity[items, :, window] += part * (fade / total_fade[window])
        return velocity

    def _cut_vocal(
        self, vocal: Vocal, calls: list[tuple[slice, list[int]]], length: int
    ) -> list[Vocal]:
        """Cut the vocal of each call; the same vocal gives the same objects again."""
        cut = self._cut_vocals.get(vocal)
        if cut is None:
            cut = self._cut_vocals[vocal] = [
                Vocal.concat([vocal.select(items).select_frames(at, at + length) for at in group])
                for items, group in calls
            ]
        return cut

    def _group_into_calls(self, batch: int, starts: list[int]) -> Iterator[tuple[slice, list[int]]]:
        """Yield the items and the windows of each call, `max_batch` at most."""
        num_items = min(batch, self.max_batch)
        num_windows = self.max_batch // num_items
        for item in range(0, batch, num_items):
            for first in range(0, len(starts), num_windows):
                yield slice(item, item + num_items), starts[first : first + num_windows]


def window_starts(frames: int, window_frames: int, overlap_frames: int) -> list[int]:
    """The first frames of windows that cover all `frames`, the last window aligned to the end.

    Args:
        frames: total length in frames, at least `window_frames`.
        window_frames: length of each window in frames.
        overlap_frames: frames that neighbours share, below `window_frames`.
    """
    hop = window_frames - overlap_frames
    return [*range(0, frames - window_frames, hop), frames - window_frames]


def _fade(length: int, overlap: int, like: Tensor) -> Float[Tensor, " length"]:
    """A trapezoid that rises and falls over `overlap` frames and is above zero everywhere."""
    rise = torch.arange(1, length + 1, device=like.device, dtype=like.dtype)
    return torch.minimum(rise, rise.flip(0)).clamp(max=overlap + 1) / (overlap + 1)
