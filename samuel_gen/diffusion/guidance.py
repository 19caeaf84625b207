"""Classifier-free guidance: the difference that the vocal makes, exaggerated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.diffusion.objective import clean_from_velocity, velocity_from_clean
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.errors import SamuelError

Guidance: TypeAlias = Callable[[Denoiser, NoiseSchedule], Denoiser]
"""A function from a denoiser and its noise schedule to the guided denoiser, for example
`functools.partial(Guided, scale=4.0)`."""


@dataclass(frozen=True, eq=False)
class Guided:
    """A guided denoiser.

    The velocity is `without + scale * (with - without)`, where "without" is the same denoiser
    with the vocal withheld. Both are evaluated in one batch of twice the size.

    Attributes:
        denoiser: a denoiser that was trained with and without a vocal.
        schedule: the noise schedule of the denoiser.
        scale: weight of the difference; 1 is the plain denoiser (and costs one pass), 0 the
            unconditional one; more than 1 follows the vocal more closely at the price of variety.
        rescale: share, from 0 to 1, by which the standard deviation of the guided clean latents
            (over channels and frames, per item) is brought back to that of the conditional ones.
        interval: (low, high) in fractions of the chain, 0 the clean end and 1 the noisy end;
            outside it a single conditional pass is made. With an interval shorter than the chain
            each evaluation waits for the device once, to read the timestep.

    Raises:
        SamuelError: a setting lies outside its range.

    Source: Ho & Salimans 2022, "Classifier-Free Diffusion Guidance", equation 6; rescale: Lin et
    al. 2023, "Common Diffusion Noise Schedules and Sample Steps Are Flawed", 3.4; interval:
    Kynkäänniemi et al. 2024, "Applying Guidance in a Limited Interval".
    """

    denoiser: Denoiser
    schedule: NoiseSchedule
    scale: float | int
    rescale: float | int = 0.0
    interval: Sequence[float | int] = (0.0, 1.0)
    # One doubled vocal per vocal: the network's context cache is keyed by object identity.
    _doubled_vocals: WeakKeyDictionary[Vocal, Vocal] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if not 0 <= self.scale < float("inf"):
            raise SamuelError(f"scale={self.scale}: choose 0 or more; 1 is no guidance")
        if not 0 <= self.rescale <= 1:
            raise SamuelError(f"rescale={self.rescale}: choose 0 to 1; 0 is no rescale")
        if len(self.interval) != 2 or not 0 <= self.interval[0] <= self.interval[1] <= 1:
            raise SamuelError(
                f"interval={list(self.interval)}: give [low, high] with 0 <= low <= high <= 1; "
                "[0, 1] is the whole chain"
            )

    def __call__(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """Return the guided velocity, shaped like `noisy`."""
        if self.scale == 1:
            return self.denoiser(noisy, timestep, vocal)
        low, high = self.interval
        if (low, high) == (0, 1):
            return self._guide(noisy, timestep, vocal)

        noise_level = timestep / max(self.schedule.num_timesteps - 1, 1)
        inside = (low <= noise_level) & (noise_level <= high)
        if not inside.any():
            return self.denoiser(noisy, timestep, vocal)
        return self._guide(noisy, timestep, vocal, inside[:, None, None])

    def _guide(
        self, noisy: Latents, timestep: Timesteps, vocal: Vocal, inside: Tensor | None = None
    ) -> Latents:
        """Run both passes; items that are not `inside`, (batch, 1, 1), keep the conditional one."""
        doubled = self._doubled_vocals.get(vocal)
        if doubled is None:
            doubled = Vocal.concat([vocal, vocal.withhold_views()])
            self._doubled_vocals[vocal] = doubled
        both = self.denoiser(torch.cat([noisy, noisy]), torch.cat([timestep, timestep]), doubled)
        conditional, unconditional = both.to(noisy.dtype).chunk(2)
        guided = torch.lerp(unconditional, conditional, self.scale)
        if self.rescale > 0:
            guided = self._rescale_guided(guided, conditional, noisy, timestep)
        return guided if inside is None else torch.where(inside, guided, conditional)

    def _rescale_guided(
        self, guided: Latents, conditional: Latents, noisy: Latents, timestep: Timesteps
    ) -> Latents:
        """Bring the standard deviation of the guided clean latents back by the share `rescale`."""
        alpha, sigma = self.schedule.at(timestep, like=noisy)
        guided_clean, conditional_clean = (
            clean_from_velocity(noisy, each, alpha, sigma) for each in (guided, conditional)
        )
        tiny = 1e-6  # leaves constant latents as they are, instead of dividing by zero
        guided_std, conditional_std = (
            clean.std(dim=(1, 2), keepdim=True) + tiny
            for clean in (guided_clean, conditional_clean)
        )
        factor = 1 + self.rescale * (conditional_std / guided_std - 1)
        return velocity_from_clean(factor * guided_clean, noisy, alpha, sigma)
