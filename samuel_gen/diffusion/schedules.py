"""Noise schedules, and the timesteps that training draws and sampling visits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from samuel_gen.diffusion.denoiser import Timesteps
from samuel_gen.errors import SamuelError


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """Signal and noise amplitudes of a variance-preserving chain, from clean (0) to noisy.

    Attributes:
        alpha: signal amplitude at each timestep, (timesteps,), float64 on the CPU, falling.
        sigma: noise amplitude at each timestep, (timesteps,), float64 on the CPU, rising;
            `alpha^2 + sigma^2 = 1`.
    """

    alpha: Float[Tensor, " timesteps"]
    sigma: Float[Tensor, " timesteps"]

    @staticmethod
    def from_betas(betas: Float[Tensor, " timesteps"]) -> NoiseSchedule:
        """Make the schedule whose step t replaces a share `betas[t]` of the variance by noise.

        Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", equation 4.
        """
        signal = torch.cumprod(1 - betas.to("cpu", torch.float64), dim=0)
        return NoiseSchedule(alpha=signal.sqrt(), sigma=(1 - signal).sqrt())

    @property
    def num_timesteps(self) -> int:
        """The number of timesteps of the chain."""
        return len(self.alpha)

    def at(
        self, timestep: Timesteps, like: Float[Tensor, "..."]
    ) -> tuple[Float[Tensor, "batch 1 1"], Float[Tensor, "batch 1 1"]]:
        """Return alpha and sigma of each item, ready to be multiplied with latents.

        Args:
            timestep: timestep of each item, (batch,), on the device of `like`, below
                `num_timesteps`.
            like: tensor whose dtype and device the result gets.

        Returns:
            alpha and sigma, (batch, 1, 1) each.
        """
        # Cast on the CPU, since MPS has no float64. On CUDA the copy does not block.
        on_cuda = like.device.type == "cuda"
        tables = torch.stack([self.alpha, self.sigma]).to(like.dtype)
        alpha, sigma = tables.to(like.device, non_blocking=on_cuda)[:, timestep, None, None]
        return alpha, sigma


def cosine(num_timesteps: int = 800, offset: float = 0.008) -> NoiseSchedule:
    """The cosine schedule, with its betas clipped to [1e-4, 0.9999].

    With 800 timesteps the signal-to-noise ratio of the last one is 3.8e-10: pure noise.

    Args:
        num_timesteps: length of the chain; the curve is stretched to it.
        offset: offset of the curve in time, which keeps the first betas from being too small.

    Raises:
        SamuelError: `num_timesteps` is below 1.

    Source: Nichol & Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models", eq. 17.
    """
    _check_num_timesteps(num_timesteps)
    time = torch.linspace(0, 1, num_timesteps + 1, dtype=torch.float64)
    signal = torch.cos((time + offset) / (1 + offset) * math.pi / 2) ** 2
    return NoiseSchedule.from_betas((1 - signal[1:] / signal[:-1]).clamp(1e-4, 0.9999))


def linear(
    num_timesteps: int = 800, beta_start: float = 1e-4, beta_end: float = 2e-2
) -> NoiseSchedule:
    """The linear schedule: betas that rise in a straight line.

    The betas are given for a chain of 1,000 timesteps. They are scaled by `1000 / num_timesteps`
    (and kept below 0.9999), so a chain of any length ends about as noisy: signal-to-noise ratio
    4e-5.

    Args:
        num_timesteps: length of the chain.
        beta_start: share of the variance that the first of 1,000 steps replaces by noise.
        beta_end: share of the variance that the last of 1,000 steps replaces by noise.

    Raises:
        SamuelError: `num_timesteps` is below 1.

    Source: Ho et al. 2020, section 4; the scaling is Nichol & Dhariwal's.
    """
    _check_num_timesteps(num_timesteps)
    betas = torch.linspace(beta_start, beta_end, num_timesteps, dtype=torch.float64)
    return NoiseSchedule.from_betas((betas * 1000 / num_timesteps).clamp(max=0.9999))


def trailing_timesteps(num_timesteps: int, num_steps: int) -> list[int]:
    """The timesteps that a sampler visits: evenly spaced, from the noisiest, which is included.

    Args:
        num_timesteps: length of the chain.
        num_steps: number of steps of the sampler.

    Raises:
        SamuelError: `num_steps` is below 1 or above `num_timesteps`.

    Source: Lin et al. 2023, "Common Diffusion Noise Schedules and Sample Steps Are Flawed", 3.3.
    """
    if not 1 <= num_steps <= num_timesteps:
        raise SamuelError(
            f"num_steps={num_steps}: choose 1 to {num_timesteps}, the length of the schedule; "
            "16 is enough for unipc"
        )
    return [round(num_timesteps * left / num_steps) - 1 for left in range(num_steps, 0, -1)]


def draw_timesteps(
    batch: int, num_timesteps: int, generator: torch.Generator, bias: float = 0.0
) -> Int[Tensor, " batch"]:
    """Draw the timesteps of a training batch by stratified sampling.

    The chain is cut into `batch` equally likely strata and one timestep is drawn from each, in
    random order. The loss of a batch then varies far less than with independent draws.

    Args:
        batch: number of timesteps to draw.
        num_timesteps: length of the chain; timesteps lie in [0, num_timesteps).
        generator: a CPU generator.
        bias: exponent of the density, which grows as `timestep ** bias`: 0 is uniform, more
            favours noisy timesteps.

    Returns:
        timesteps, (batch,), int64, on the CPU.

    Source: Kingma et al. 2021, "Variational Diffusion Models", appendix I.1 (for the idea).
    """
    offsets = torch.rand(batch, generator=generator, dtype=torch.float64)
    quantiles = (torch.arange(batch) + offsets) / batch
    timesteps = quantiles ** (1 / (1 + bias)) * num_timesteps
    shuffled = timesteps[torch.randperm(batch, generator=generator)]
    return shuffled.long().clamp(max=num_timesteps - 1)


def _check_num_timesteps(num_timesteps: int) -> None:
    if num_timesteps < 1:
        raise SamuelError(f"num_timesteps={num_timesteps}: choose 1 or more; the paper has 800")
