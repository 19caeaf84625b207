"""Classifier-free guidance: exaggerate what the vocal changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.diffusion.objective import clean_from_velocity, velocity_from_clean
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.errors import SamuelError


@dataclass(frozen=True, eq=False)
class Guided:
    """A denoiser led by the difference that the vocal makes; itself a denoiser.

    The velocity is `without + scale * (with - without)`, where 'without' is the same denoiser
    with the vocal withheld. Both are evaluated in one batch of twice the size.

    Attributes:
        denoiser: has learned both with the vocal and without.
        schedule: its noise schedule.
        scale: 1 is the plain denoiser (and costs one pass), 0 the unconditional one, more than 1
            follows the vocal more closely at the price of variety.
        rescale: from 0 to 1, how far the guided clean latents are brought back to the standard
            deviation (over channels and frames, per item) of the conditional ones.
        interval: (low, high) in fractions of the chain, 0 the clean end and 1 the noisy end:
            outside it one plain conditional pass is made. An interval shorter than the chain
            waits for the device once per evaluation, to read the timestep.

    Raises:
        SamuelError: a setting lies outside its range.

    Source: Ho & Salimans 2022, "Classifier-Free Diffusion Guidance", equation 6; rescale: Lin et
    al. 2023, "Common Diffusion Noise Schedules and Sample Steps Are Flawed", 3.4; interval:
    Kynkäänniemi et al. 2024, "Applying Guidance in a Limited Interval".
    """

    denoiser: Denoiser
    schedule: NoiseSchedule
    scale: float | int = 2.0
    rescale: float | int = 0.0
    interval: Sequence[float | int] = (0.0, 1.0)
    # One object for each voice, so that who has listened to it can know it again.
    _voices: WeakKeyDictionary[Vocal, Vocal] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if not 0 <= self.scale < float("inf"):
            raise SamuelError(f"scale={self.scale}; expected 0 or more; 1 is no guidance")
        if not 0 <= self.rescale <= 1:
            raise SamuelError(f"rescale={self.rescale}; expected 0 to 1; 0 is no rescale")
        if len(self.interval) != 2 or not 0 <= self.interval[0] <= self.interval[1] <= 1:
            raise SamuelError(
                f"interval={list(self.interval)}; expected [low, high], 0 <= low <= high <= 1; "
                "[0, 1] is everywhere"
            )

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """The guided velocity, shaped like `noisy`."""
        if self.scale == 1:
            return self.denoiser(noisy, timestep, vocal)
        low, high = self.interval
        if (low, high) == (0, 1):
            return self._guided(noisy, timestep, vocal)

        progress = timestep / max(self.schedule.num_timesteps - 1, 1)
        inside = (low <= progress) & (progress <= high)
        if not inside.any():
            return self.denoiser(noisy, timestep, vocal)
        return self._guided(noisy, timestep, vocal, inside[:, None, None])

    def _guided(
        self, noisy: Latents, timestep: Timesteps, vocal: Vocal, inside: Tensor | None = None
    ) -> Latents:
        """Both passes; items that are not `inside`, (batch, 1, 1), keep the conditional one."""
        voices = self._voices.get(vocal)
        if voices is None:
            voices = self._voices[vocal] = Vocal.concat([vocal, vocal.withheld()])
        both = self.denoiser(torch.cat([noisy, noisy]), torch.cat([timestep, timestep]), voices)
        conditional, unconditional = both.to(noisy.dtype).chunk(2)
        guided = torch.lerp(unconditional, conditional, self.scale)
        if self.rescale > 0:
            guided = self._rescaled(guided, conditional, noisy, timestep)
        return guided if inside is None else torch.where(inside, guided, conditional)

    def _rescaled(
        self, guided: Latents, conditional: Latents, noisy: Latents, timestep: Timesteps
    ) -> Latents:
        alpha, sigma = self.schedule.at(timestep, like=noisy)
        clean = clean_from_velocity(noisy, guided, alpha, sigma)
        model = clean_from_velocity(noisy, conditional, alpha, sigma)
        tiny = 1e-6  # so that constant latents are left as they are
        spread, wanted = (x.std(dim=(1, 2), keepdim=True) + tiny for x in (clean, model))
        factor = 1 + self.rescale * (wanted / spread - 1)
        return velocity_from_clean(factor * clean, noisy, alpha, sigma)
