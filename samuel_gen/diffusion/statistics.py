"""Is a sampler's chain healthy? Its latents' mean and spread, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.diffusion.denoiser import Latents
from samuel_gen.diffusion.schedules import NoiseSchedule, trailing_timesteps

PerStep = Float[Tensor, " steps"]
SONGS_DIFFER_BY = 0.25  # of the standard deviation: one song's latents from the whole corpus's


class SamplingStatistics:
    """Collects mean and standard deviation of all latents at each step; use it as `on_step`.

    The figures stay on the latents' device until they are asked for, so that collecting them
    never makes a sampler wait.
    """

    def __init__(self) -> None:
        self._steps: list[Float[Tensor, "2 2"]] = []

    def __call__(self, step: int, noisy: Latents, clean: Latents) -> None:
        """Notes one step; step 0 begins anew."""
        if step == 0:
            self._steps.clear()
        both = torch.stack([noisy, clean]).float()
        self._steps.append(torch.stack([both.mean((1, 2, 3)), both.std((1, 2, 3))]))

    @property
    def noisy_mean(self) -> PerStep:
        """Mean of what the denoiser was given, (steps,), on the CPU, as all the others."""
        return self._table()[:, 0, 0]

    @property
    def noisy_std(self) -> PerStep:
        """Standard deviation of what the denoiser was given."""
        return self._table()[:, 1, 0]

    @property
    def clean_mean(self) -> PerStep:
        """Mean of the clean latents that it saw."""
        return self._table()[:, 0, 1]

    @property
    def clean_std(self) -> PerStep:
        """Standard deviation of the clean latents that it saw."""
        return self._table()[:, 1, 1]

    def _table(self) -> Float[Tensor, "steps 2 2"]:
        return torch.stack(self._steps).cpu() if self._steps else torch.zeros(0, 2, 2)


def healthy_band(
    schedule: NoiseSchedule, timesteps: Sequence[int], data_std: float, tolerance: float = 0.05
) -> tuple[PerStep, PerStep]:
    """Between what the noisy latents' standard deviation must stay, at each timestep.

    A variance-preserving chain that works lies at `sqrt(alpha^2 * data_std^2 + sigma^2)`.

    Args:
        schedule: the chain's schedule.
        timesteps: those that were visited, see `trailing_timesteps`.
        data_std: standard deviation of the clean latents of the training data.
        tolerance: half the width of the band, as a share of the standard deviation.

    Returns:
        the lower and the upper edge, (steps,) float32 each.
    """
    visited = torch.tensor(list(timesteps), dtype=torch.long)
    alpha, sigma = schedule.alpha[visited], schedule.sigma[visited]
    std = (alpha**2 * data_std**2 + sigma**2).sqrt().float()
    return std * (1 - tolerance), std * (1 + tolerance)


def strayed(statistics: SamplingStatistics, schedule: NoiseSchedule) -> tuple[int, float] | None:
    """The step, from 0, at which a chain has left its healthy band furthest, and its spread there.

    Args:
        statistics: of a whole chain over the schedule's trailing timesteps.
        schedule: the chain's.

    Returns:
        step and standard deviation, None where the chain stayed within the band.
    """
    std = statistics.noisy_std
    if len(std) == 0:
        return None
    visited = trailing_timesteps(schedule.num_timesteps, len(std))
    low, high = healthy_band(schedule, visited, data_std=1.0, tolerance=SONGS_DIFFER_BY)
    outside = torch.maximum(low / std, std / high).nan_to_num(nan=torch.inf)
    step = int(outside.argmax())
    return (step, float(std[step])) if outside[step] > 1 else None
