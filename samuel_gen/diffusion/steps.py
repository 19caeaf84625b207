"""The arithmetic of one sampling step, which the samplers share.

All formulas are written in terms of the clean prediction, as in DPM-Solver++: a step integrates
the clean predictions between two noise levels, weighted by an exponential in half the log-SNR.
The latents are at the level `now`, and the step takes them to the level `then`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Vocal
from samuel_gen.diffusion.objective import clean_from_velocity
from samuel_gen.diffusion.schedules import NoiseSchedule, trailing_timesteps


@dataclass(frozen=True)
class NoiseLevel:
    """A noise level that a sampler visits.

    Attributes:
        timestep: timestep of the schedule; -1 stands for clean latents.
        alpha: signal amplitude.
        sigma: noise amplitude.
    """

    timestep: int
    alpha: float
    sigma: float

    @property
    def half_log_snr(self) -> float:
        """Half the log-SNR, `log(alpha / sigma)`; sigma must not be 0."""
        return math.log(self.alpha / self.sigma)


@dataclass(frozen=True, eq=False)
class CleanPrediction:
    """The clean latents that the denoiser predicted at a noise level."""

    clean: Latents
    level: NoiseLevel


def iterate_steps(
    schedule: NoiseSchedule, num_steps: int
) -> Iterator[tuple[int, NoiseLevel, NoiseLevel]]:
    """Yield each step's number, from 0, with the levels it goes from and to.

    The last step goes to clean latents.

    Raises:
        SamuelError: `num_steps` is below 1 or above the schedule's `num_timesteps`.
    """
    timesteps = trailing_timesteps(schedule.num_timesteps, num_steps)
    levels = [NoiseLevel(t, schedule.alpha[t].item(), schedule.sigma[t].item()) for t in timesteps]
    clean_end = NoiseLevel(timestep=-1, alpha=1.0, sigma=0.0)
    for step, (now, then) in enumerate(pairwise([*levels, clean_end])):
        yield step, now, then


def predict_clean(denoiser: Denoiser, noisy: Latents, vocal: Vocal, now: NoiseLevel) -> Latents:
    """Predict the clean latents from noisy ones at the level `now`, by one call of the denoiser."""
    timestep = torch.full((len(noisy),), now.timestep, device=noisy.device)
    return clean_from_velocity(noisy, denoiser(noisy, timestep, vocal), now.alpha, now.sigma)


def ddim_step(clean: Latents, noisy: Latents, now: NoiseLevel, then: NoiseLevel) -> Latents:
    """Step from `now` to `then`; exact if the clean prediction is `clean` at every level between.

    Source: Song et al. 2021, "Denoising Diffusion Implicit Models", equation 12 with eta = 0.
    """
    shrinkage = then.sigma / now.sigma
    return (shrinkage * noisy).add_(clean, alpha=then.alpha - now.alpha * shrinkage)


def midpoint_prediction(
    clean: Latents, previous: CleanPrediction | None, now: NoiseLevel, then: NoiseLevel
) -> Latents:
    """The clean prediction half-way from `now` to `then`, by linear extrapolation.

    Args:
        clean: clean prediction at `now`.
        previous: clean prediction one level before; None at the first step, which then uses
            `clean` itself, as does a step to clean latents.
        now: level at which the step starts.
        then: level at which it ends.

    Source: Lu et al. 2022, "DPM-Solver++", algorithm 2.
    """
    if previous is None or then.sigma == 0:
        return clean
    past = now.half_log_snr - previous.level.half_log_snr
    ahead = then.half_log_snr - now.half_log_snr
    return torch.lerp(previous.clean, clean, 1 + ahead / (2 * past))


def corrected_prediction(
    clean: Latents, start: CleanPrediction, previous: CleanPrediction | None, now: NoiseLevel
) -> Latents:
    """The mean clean prediction over the last step, now that its value at the end is known.

    Args:
        clean: clean prediction at `now`, where the step ended.
        start: clean prediction where the step started.
        previous: clean prediction one level before `start`; None if the step was the first.
        now: level at which the step ended.

    Source: Zhao et al. 2023, "UniPC", the corrector of order 2 with B2(h).
    """
    start_half_log_snr = start.level.half_log_snr
    h = now.half_log_snr - start_half_log_snr
    if previous is None:
        return torch.lerp(start.clean, clean, 0.5)
    ratio = (start_half_log_snr - previous.level.half_log_snr) / h
    # The two moments of the exponential integrator that the correction has to match.
    b = math.expm1(-h)
    first = -1 / h - 1 / b
    second = 2 * ((b / -h - 1) / -h - 0.5) / b
    weight_previous = (first - second) / (1 + ratio)
    weight_now = first - weight_previous
    correction = (previous.clean - start.clean).mul_(-weight_previous / ratio)
    return correction.add_(clean - start.clean, alpha=weight_now).add_(start.clean)
