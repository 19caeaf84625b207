"""The arithmetic of one step, which the samplers share.

Everything is written on clean predictions: between two levels the latents move along a straight
line through what the denoiser sees, weighted by an exponential in half the log-SNR. Levels are
named `now` (where the latents are) and `then` (where a step takes them).
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
class Level:
    """A noise level on the way; `timestep` is -1 where the latents are clean."""

    timestep: int
    alpha: float
    sigma: float

    @property
    def half_log_snr(self) -> float:
        """`log(alpha / sigma)`; sigma must not be 0."""
        return math.log(self.alpha / self.sigma)


@dataclass(frozen=True, eq=False)
class Seen:
    """The clean latents that the denoiser saw at a level."""

    clean: Latents
    level: Level


def steps(schedule: NoiseSchedule, num_steps: int) -> Iterator[tuple[int, Level, Level]]:
    """Each step's number with the levels it goes from and to; the last one goes to clean.

    Raises:
        SamuelError: `num_steps` is below 1 or above the schedule's `num_timesteps`.
    """
    timesteps = trailing_timesteps(schedule.num_timesteps, num_steps)
    levels = [Level(t, schedule.alpha[t].item(), schedule.sigma[t].item()) for t in timesteps]
    clean_end = Level(timestep=-1, alpha=1.0, sigma=0.0)
    for step, (now, then) in enumerate(pairwise([*levels, clean_end])):
        yield step, now, then


def clean_seen(denoiser: Denoiser, noisy: Latents, vocal: Vocal, now: Level) -> Latents:
    """The clean latents that `denoiser` sees in latents at the level `now`: one evaluation."""
    timestep = torch.full((len(noisy),), now.timestep, device=noisy.device)
    return clean_from_velocity(noisy, denoiser(noisy, timestep, vocal), now.alpha, now.sigma)


def step_along(clean: Latents, noisy: Latents, now: Level, then: Level) -> Latents:
    """The exact step from `now` to `then` if `clean` is what is seen all the way."""
    shrink = then.sigma / now.sigma
    return (shrink * noisy).add_(clean, alpha=then.alpha - now.alpha * shrink)


def midpoint(clean: Latents, before: Seen | None, now: Level, then: Level) -> Latents:
    """What will be seen half-way from `now` to `then`, on the line through the last two."""
    if before is None or then.sigma == 0:
        return clean
    past = now.half_log_snr - before.level.half_log_snr
    ahead = then.half_log_snr - now.half_log_snr
    return torch.lerp(before.clean, clean, 1 + ahead / (2 * past))


def corrected(clean: Latents, seen: Seen, before: Seen | None, now: Level) -> Latents:
    """What was seen on average from `seen` to `now`, with `clean` now known at its end."""
    start = seen.level.half_log_snr
    h = now.half_log_snr - start
    if before is None:
        return torch.lerp(seen.clean, clean, 0.5)
    ratio = (start - before.level.half_log_snr) / h
    # The two moments of the exponential integrator that the correction has to match.
    b = math.expm1(-h)
    first = -1 / h - 1 / b
    second = 2 * ((b / -h - 1) / -h - 0.5) / b
    weight_before = (first - second) / (1 + ratio)
    weight_now = first - weight_before
    curve = (before.clean - seen.clean).mul_(-weight_before / ratio)
    return curve.add_(clean - seen.clean, alpha=weight_now).add_(seen.clean)
