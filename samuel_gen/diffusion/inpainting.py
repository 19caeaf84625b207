"""Inpainting: generate some frames so that they fit the others, which are known."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.diffusion.objective import velocity_from_clean
from samuel_gen.diffusion.schedules import NoiseSchedule


@dataclass(frozen=True, eq=False)
class Inpainted:
    """A denoiser that is given the clean latents of some frames.

    The velocity of a known frame leads straight to its clean latents, so every sampler ends there.
    On the way the denoiser sees the known frames at the same noise level as the others, and
    generates the others to fit.

    Attributes:
        denoiser: the denoiser of the other frames; guidance and windows are inside it.
        schedule: the noise schedule of the denoiser.
        clean: the known latents, (1 or batch, channels, frames).
        share: weight of the known latents per frame: 1 keeps them, 0 generates the frame, a value
            between fades from one to the other.

    Source: Lugmayr et al. 2022, "RePaint", equation 8, without its repetitions. Any sampler will
    do, since the clean prediction is replaced instead of the noisy latents.
    """

    denoiser: Denoiser
    schedule: NoiseSchedule
    clean: Latents
    share: Float[Tensor, " frames"]

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """Return the velocity, shaped like `noisy`."""
        generated = self.denoiser(noisy, timestep, vocal)
        alpha, sigma = self.schedule.at(timestep, like=noisy)
        known = velocity_from_clean(self.clean.expand_as(noisy), noisy, alpha, sigma)
        return torch.lerp(generated, known, self.share)
