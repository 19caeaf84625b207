"""The health of sampling: mean and standard deviation of the latents at each step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.diffusion.denoiser import Latents
from samuel_gen.diffusion.schedules import NoiseSchedule, trailing_timesteps

PerStep = Float[Tensor, " steps"]
SONG_STD_TOLERANCE = 0.25
"""Difference of a healthy song's standard deviation from that of all songs, as a share of it."""


class SamplingStatistics:
    """A collector of the latents' mean and standard deviation; pass it as `on_step`.

    The values stay on the device of the latents until they are read, so collecting them never
    makes a sampler wait.
    """

    def __init__(self) -> None:
        self._steps: list[Float[Tensor, "2 2"]] = []

    def __call__(self, step: int, noisy: Latents, clean: Latents) -> None:
        """Record one step; step 0 discards an earlier run."""
        if step == 0:
            self._steps.clear()
        stacked = torch.stack([noisy, clean]).float()
        self._steps.append(torch.stack([stacked.mean((1, 2, 3)), stacked.std((1, 2, 3))]))

    @property
    def noisy_mean(self) -> PerStep:
        """Mean of the latents that the denoiser was given, (steps,), on the CPU."""
        return self._table()[:, 0, 0]

    @property
    def noisy_std(self) -> PerStep:
        """Standard deviation of the latents that the denoiser was given, (steps,), on the CPU."""
        return self._table()[:, 1, 0]

    @property
    def clean_std(self) -> PerStep:
        """Standard deviation of the clean latents that it predicted, (steps,), on the CPU."""
        return self._table()[:, 1, 1]

    def _table(self) -> Float[Tensor, "steps 2 2"]:
        """Return mean and standard deviation (rows) of noisy and clean latents (columns)."""
        return torch.stack(self._steps).cpu() if self._steps else torch.zeros(0, 2, 2)


def healthy_bounds(
    schedule: NoiseSchedule, timesteps: Sequence[int], data_std: float, tolerance: float = 0.05
) -> tuple[PerStep, PerStep]:
    """Bounds for the standard deviation of the noisy latents at each timestep.

    In a variance-preserving chain it is `sqrt(alpha^2 * data_std^2 + sigma^2)`.

    Args:
        schedule: noise schedule of the chain.
        timesteps: timesteps that the sampler visited.
        data_std: standard deviation of the clean latents of the training data.
        tolerance: distance of each bound, as a share of the standard deviation.

    Returns:
        the lower and the upper bound, (steps,) float32 each.
    """
    visited = torch.tensor(list(timesteps), dtype=torch.long)
    alpha, sigma = schedule.alpha[visited], schedule.sigma[visited]
    std = (alpha**2 * data_std**2 + sigma**2).sqrt().float()
    return std * (1 - tolerance), std * (1 + tolerance)


def find_unhealthy_step(
    statistics: SamplingStatistics, schedule: NoiseSchedule
) -> tuple[int, float] | None:
    """Find the step at which the latents lie furthest outside their healthy bounds.

    Args:
        statistics: statistics of a whole run of a sampler, over trailing timesteps.
        schedule: noise schedule of the run.

    Returns:
        number of the step, from 0, and standard deviation there; None if every step lies within
        the bounds.
    """
    std = statistics.noisy_std
    if len(std) == 0:
        return None
    visited = trailing_timesteps(schedule.num_timesteps, len(std))
    low, high = healthy_bounds(schedule, visited, data_std=1.0, tolerance=SONG_STD_TOLERANCE)
    excess = torch.maximum(low / std, std / high).nan_to_num(nan=torch.inf)
    step = int(excess.argmax())
    return (step, float(std[step])) if excess[step] > 1 else None
