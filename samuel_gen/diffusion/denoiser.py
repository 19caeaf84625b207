"""The types that the diffusion maths and the network share: latents, `Vocal` and `Denoiser`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Latents = Float[Tensor, "batch channels frames"]
Timesteps = Int[Tensor, " batch"]


@dataclass(frozen=True, eq=False)
class Vocal:
    """A batch of vocals as a denoiser is conditioned on them: two views, each given or withheld.

    Reuse one object for one batch of vocals: networks and `Guided` keep what they compute from it
    for as long as the object lives.

    Attributes:
        latents: the vocal's latents, (batch, channels, frames), normalised as the denoiser expects.
        melody: the vocal's melody track, (batch, features, frames), on the same frames.
        latents_given: (batch,), False where an item's latents are withheld.
        melody_given: (batch,), False where an item's melody is withheld.
    """

    latents: Float[Tensor, "batch channels frames"]
    melody: Float[Tensor, "batch features frames"]
    latents_given: Bool[Tensor, " batch"]
    melody_given: Bool[Tensor, " batch"]

    @staticmethod
    def of(latents: Latents, melody: Float[Tensor, "batch features frames"]) -> Vocal:
        """Make a batch whose latents and melody are all given."""
        given = torch.ones(len(latents), dtype=torch.bool, device=latents.device)
        return Vocal(latents, melody, latents_given=given, melody_given=given)

    @staticmethod
    def concat(vocals: Sequence[Vocal]) -> Vocal:
        """Join several batches, in order; channels, features and frames must agree."""
        return Vocal(
            latents=torch.cat([vocal.latents for vocal in vocals]),
            melody=torch.cat([vocal.melody for vocal in vocals]),
            latents_given=torch.cat([vocal.latents_given for vocal in vocals]),
            melody_given=torch.cat([vocal.melody_given for vocal in vocals]),
        )

    def withhold_views(self) -> Vocal:
        """Return the same batch with both views withheld: the "no vocal" of guidance."""
        nothing = torch.zeros_like(self.latents_given)
        return Vocal(self.latents, self.melody, latents_given=nothing, melody_given=nothing)

    def select_frames(self, start: int, stop: int) -> Vocal:
        """Return the frames `start` to `stop - 1` of every item, without a copy."""
        return Vocal(
            latents=self.latents[..., start:stop],
            melody=self.melody[..., start:stop],
            latents_given=self.latents_given,
            melody_given=self.melody_given,
        )

    def select(self, indices: slice | Int[Tensor, " selected"]) -> Vocal:
        """Return the items at `indices`, in that order; a slice makes no copy."""
        return Vocal(
            latents=self.latents[indices],
            melody=self.melody[indices],
            latents_given=self.latents_given[indices],
            melody_given=self.melody_given[indices],
        )

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Vocal:
        """Return the same batch on `device`."""
        return Vocal(
            latents=self.latents.to(device, non_blocking=non_blocking),
            melody=self.melody.to(device, non_blocking=non_blocking),
            latents_given=self.latents_given.to(device, non_blocking=non_blocking),
            melody_given=self.melody_given.to(device, non_blocking=non_blocking),
        )


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
