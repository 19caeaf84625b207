"""Denoise some frames while the others are known."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.diffusion.objective import velocity_from_clean
from samuel_gen.diffusion.schedules import NoiseSchedule


@dataclass(frozen=True, eq=False)
class Known:
    """A denoiser that knows what is clean in some frames, and sees it at the level of the rest.

    Where a frame is known its velocity leads straight to its clean latents, so that every sampler
    ends there; the network hears it on the way, at the noise level of the frames to be made, and
    makes them to fit.

    Attributes:
        denoiser: makes the other frames; guided and windowed already.
        schedule: its noise schedule.
        clean: what is known, (1 or batch, channels, frames).
        share: per frame, 1 where it is known, 0 where it is to be made, between them a blend.

    Source: Lugmayr et al. 2022, "RePaint", equation 8, without its repetitions; here for any
    sampler, since the clean prediction is replaced instead of the noisy latents.
    """

    denoiser: Denoiser
    schedule: NoiseSchedule
    clean: Latents
    share: Float[Tensor, " frames"]

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """The velocity, shaped like `noisy`."""
        made = self.denoiser(noisy, timestep, vocal)
        alpha, sigma = self.schedule.at(timestep, like=noisy)
        known = velocity_from_clean(self.clean.expand_as(noisy), noisy, alpha, sigma)
        return torch.lerp(made, known, self.share)
