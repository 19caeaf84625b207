"""Fixtures of the diffusion tests: vocals, a recording denoiser, a denoiser in closed form."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from samuel_gen.diffusion.denoiser import Denoiser, Vocal
from samuel_gen.diffusion.schedules import NoiseSchedule


@dataclass
class Recorder:
    """A denoiser that returns a function of its arguments and records its calls."""

    function: Callable[[Tensor, Tensor, Vocal], Tensor]

    def __post_init__(self):
        self.calls = []

    def __call__(self, noisy, timestep, vocal):
        self.calls.append((noisy, timestep, vocal))
        return self.function(noisy, timestep, vocal)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture
def make_vocal() -> Callable[..., Vocal]:
    def make(batch: int, frames: int, channels: int = 3, features: int = 2) -> Vocal:
        generator = torch.Generator().manual_seed(1)
        return Vocal.of(
            torch.randn(batch, channels, frames, generator=generator),
            torch.randn(batch, features, frames, generator=generator),
        )

    return make


@pytest.fixture
def perfect_denoiser() -> Callable[[NoiseSchedule, Tensor, Tensor], Denoiser]:
    """Make the exact denoiser of Gaussian data with a mean and a std per channel.

    For noisy latents x it uses E[clean | x] = mean + alpha std^2 r and E[noise | x] = sigma r,
    where r = (x - alpha mean) / (alpha^2 std^2 + sigma^2).
    """

    def make(schedule: NoiseSchedule, mean: Tensor, std: Tensor) -> Denoiser:
        mean, std = mean[None, :, None], std[None, :, None]

        def denoise(noisy, timestep, vocal):
            alpha, sigma = schedule.at(timestep, like=noisy)
            r = (noisy - alpha * mean) / (alpha**2 * std**2 + sigma**2)
            return alpha * sigma * r - sigma * (mean + alpha * std**2 * r)

        return denoise

    return make
