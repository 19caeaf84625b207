"""The types that the diffusion maths and the network share: latents, `Vocal` and `Denoiser`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from samuel_gen.lead_sheet.frames import BEAT_FEATURES, CHORD_FEATURES

Latents = Float[Tensor, "batch channels frames"]
Timesteps = Int[Tensor, " batch"]


VIEWS = ("latents", "melody", "chords", "beats", "style")
"""The views of a vocal and its lead sheet. Each of them may be given or withheld."""

Given = Bool[Tensor, " batch"]


@dataclass(frozen=True, eq=False)
class Vocal:
    """A batch of vocals with their lead sheets, as a denoiser is conditioned on them.

    It has five views, each given or withheld. A part of the lead sheet that is left out is
    withheld. Reuse one object for one batch of vocals: networks and `Guided` keep what they compute
    from it for as long as the object lives.

    Attributes:
        latents: the vocal's latents, (batch, channels, frames), normalised as the denoiser expects.
        melody: the vocal's melody track, (batch, features, frames), on the same frames.
        latents_given, melody_given: (batch,), False where an item's view is withheld.
        chords: the result of `chord_frames`, (batch, 24, frames).
        beats: the result of `beat_frames`, (batch, 6, frames).
        style: the result of `style_number`, (batch,).
        chords_given, beats_given, style_given: (batch,), False where an item's view is withheld.
    """

    latents: Float[Tensor, "batch channels frames"]
    melody: Float[Tensor, "batch features frames"]
    latents_given: Given
    melody_given: Given
    chords: Float[Tensor, "batch chord_features frames"] = None  # type: ignore[assignment]
    beats: Float[Tensor, "batch beat_features frames"] = None  # type: ignore[assignment]
    style: Int[Tensor, " batch"] = None  # type: ignore[assignment]
    chords_given: Given = None  # type: ignore[assignment]
    beats_given: Given = None  # type: ignore[assignment]
    style_given: Given = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        items, _, frames = self.latents.shape
        nothing = torch.zeros_like(self.latents_given)
        empty = {
            "chords": lambda: self.latents.new_zeros(items, CHORD_FEATURES, frames),
            "beats": lambda: self.latents.new_zeros(items, BEAT_FEATURES, frames),
            "style": nothing.long,
        }
        for view, make in empty.items():
            if getattr(self, view) is None:
                object.__setattr__(self, view, make())
                object.__setattr__(self, f"{view}_given", nothing)

    @staticmethod
    def of(latents: Latents, melody: Float[Tensor, "batch features frames"]) -> Vocal:
        """Make a batch whose latents and melody are all given, without lead sheets."""
        given = torch.ones(len(latents), dtype=torch.bool, device=latents.device)
        return Vocal(latents, melody, latents_given=given, melody_given=given)

    @staticmethod
    def concat(vocals: Sequence[Vocal]) -> Vocal:
        """Join several batches, in order; channels, features and frames must agree."""
        return Vocal(
            **{
                field.name: torch.cat([getattr(vocal, field.name) for vocal in vocals])
                for field in fields(Vocal)
            }
        )

    def withhold_views(self, views: Collection[str] = VIEWS) -> Vocal:
        """Return the same batch with some views withheld; without all it is guidance's "no vocal".

        Args:
            views: names among VIEWS.
        """
        nothing = torch.zeros_like(self.latents_given)
        return replace(self, **{f"{view}_given": nothing for view in views})

    def select_frames(self, start: int, stop: int) -> Vocal:
        """Return the frames `start` to `stop - 1` of every item, without a copy."""
        return self.map(lambda each: each[..., start:stop] if each.ndim == 3 else each)

    def pad_frames(self, padding: int) -> Vocal:
        """Return the batch with frames of zeros added at the end."""
        return self.map(lambda each: F.pad(each, (0, padding)) if each.ndim == 3 else each)

    def select(self, indices: slice | Int[Tensor, " selected"]) -> Vocal:
        """Return the items at `indices`, in that order; a slice makes no copy."""
        return self.map(lambda each: each[indices])

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Vocal:
        """Return the same batch on `device`."""
        return self.map(lambda each: each.to(device, non_blocking=non_blocking))

    def map(self, function: Callable[[Tensor], Tensor]) -> Vocal:
        """Return the batch with a function applied to each of its tensors."""
        return Vocal(**{name: function(each) for name, each in vars(self).items()})


@runtime_checkable
class Denoiser(Protocol):
    """A function that predicts the velocity `alpha * noise - sigma * clean` of noisy latents."""

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """Return the velocity, shaped like `noisy`.

        Args:
            noisy: `alpha * clean + sigma * noise` at each item's own timestep.
            timestep: timestep of each item, from 0 (almost clean) to `num_timesteps - 1` (almost
                noise).
            vocal: the vocals that are accompanied, on the same frames.
        """
        ...
