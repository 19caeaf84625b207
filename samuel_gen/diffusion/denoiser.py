"""What the maths and the network agree on: latents in, velocity out, a vocal to listen to."""

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
    """What a denoiser may know of the voice, item by item.

    Attributes:
        latents: the vocal's latents, (batch, channels, frames), normalised as the denoiser expects.
        melody: the vocal's melody track, (batch, features, frames), on the same frames.
        latents_given: (batch,), False where an item's latents are to be ignored.
        melody_given: (batch,), False where an item's melody is to be ignored.
    """

    latents: Float[Tensor, "batch channels frames"]
    melody: Float[Tensor, "batch features frames"]
    latents_given: Bool[Tensor, " batch"]
    melody_given: Bool[Tensor, " batch"]

    @staticmethod
    def of(latents: Latents, melody: Float[Tensor, "batch features frames"]) -> Vocal:
        """A vocal of which everything is given."""
        given = torch.ones(len(latents), dtype=torch.bool, device=latents.device)
        return Vocal(latents, melody, latents_given=given, melody_given=given)

    @staticmethod
    def concat(vocals: Sequence[Vocal]) -> Vocal:
        """Several vocals as one batch, in order; channels, features and frames must agree."""
        return Vocal(
            latents=torch.cat([vocal.latents for vocal in vocals]),
            melody=torch.cat([vocal.melody for vocal in vocals]),
            latents_given=torch.cat([vocal.latents_given for vocal in vocals]),
            melody_given=torch.cat([vocal.melody_given for vocal in vocals]),
        )

    def withheld(self) -> Vocal:
        """The same batch with nothing given: the 'no vocal' of classifier-free guidance."""
        nothing = torch.zeros_like(self.latents_given)
        return Vocal(self.latents, self.melody, latents_given=nothing, melody_given=nothing)

    def frames(self, start: int, stop: int) -> Vocal:
        """The frames from `start` up to, not including, `stop`, of every item (a view)."""
        return Vocal(
            latents=self.latents[..., start:stop],
            melody=self.melody[..., start:stop],
            latents_given=self.latents_given,
            melody_given=self.melody_given,
        )

    def select(self, indices: slice | Int[Tensor, " selected"]) -> Vocal:
        """The items at `indices` of the batch, in that order (a slice gives a view)."""
        return Vocal(
            latents=self.latents[indices],
            melody=self.melody[indices],
            latents_given=self.latents_given[indices],
            melody_given=self.melody_given[indices],
        )

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Vocal:
        """The same vocal on `device`."""
        return Vocal(
            latents=self.latents.to(device, non_blocking=non_blocking),
            melody=self.melody.to(device, non_blocking=non_blocking),
            latents_given=self.latents_given.to(device, non_blocking=non_blocking),
            melody_given=self.melody_given.to(device, non_blocking=non_blocking),
        )


@runtime_checkable
class Denoiser(Protocol):
    """Anything that predicts the velocity `alpha * noise - sigma * clean` of noisy latents."""

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """The velocity, shaped like `noisy`.

        Args:
            noisy: `alpha * clean + sigma * noise` at each item's own timestep.
            timestep: per item, from 0 (almost clean) to `num_timesteps - 1` (almost noise).
            vocal: what the accompaniment is for, frame by frame.
        """
        ...
