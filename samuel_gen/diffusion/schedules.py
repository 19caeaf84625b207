"""How much signal and how much noise there is at each timestep."""

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
        alpha: signal amplitude per timestep, (timesteps,), float64 on the CPU, falling.
        sigma: noise amplitude per timestep, likewise, rising; `alpha^2 + sigma^2 = 1`.
    """

    alpha: Float[Tensor, " timesteps"]
    sigma: Float[Tensor, " timesteps"]

    @staticmethod
    def from_betas(betas: Float[Tensor, " timesteps"]) -> NoiseSchedule:
        """The schedule whose step t replaces a share `betas[t]` of the variance by noise.

        Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", equation 4.
        """
        signal = torch.cumprod(1 - betas.to("cpu", torch.float64), dim=0)
        return NoiseSchedule(alpha=signal.sqrt(), sigma=(1 - signal).sqrt())

    @property
    def num_timesteps(self) -> int:
        """How many timesteps the chain has."""
        return len(self.alpha)

    @property
    def log_snr(self) -> Float[Tensor, " timesteps"]:
        """Natural logarithm of `alpha^2 / sigma^2` per timestep, falling."""
        return 2 * (self.alpha.log() - self.sigma.log())

    def at(
        self, timestep: Timesteps, like: Float[Tensor, "..."]
    ) -> tuple[Float[Tensor, "batch 1 1"], Float[Tensor, "batch 1 1"]]:
        """Alpha and sigma of each item, ready to be multiplied with latents.

        Args:
            timestep: (batch,), on the device of `like`, each below `num_timesteps`.
            like: gives the dtype and the device of what comes back.

        Returns:
            alpha and sigma, (batch, 1, 1) each.
        """
        # Cast on the CPU (MPS has no float64); on CUDA copy without waiting for the queue.
        without_waiting = like.device.type == "cuda"
        tables = torch.stack([self.alpha, self.sigma]).to(like.dtype)
        alpha, sigma = tables.to(like.device, non_blocking=without_waiting)[:, timestep, None, None]
        return alpha, sigma


def cosine(num_timesteps: int = 800, offset: float = 0.008) -> NoiseSchedule:
    """The cosine schedule, its betas clipped to [1e-4, 0.9999].

    With 800 timesteps the last one's signal-to-noise ratio is 3.8e-10: pure noise.

    Args:
        num_timesteps: length of the chain; the curve is stretched to it.
        offset: keeps the first steps from being too small to learn from.

    Raises:
        SamuelError: `num_timesteps` is below 1.

    Source: Nichol & Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models", eq. 17.
    """
    _check(num_timesteps)
    time = torch.linspace(0, 1, num_timesteps + 1, dtype=torch.float64)
    signal = torch.cos((time + offset) / (1 + offset) * math.pi / 2) ** 2
    return NoiseSchedule.from_betas((1 - signal[1:] / signal[:-1]).clamp(1e-4, 0.9999))


def linear(
    num_timesteps: int = 800, beta_start: float = 1e-4, beta_end: float = 2e-2
) -> NoiseSchedule:
    """Betas that rise in a straight line.

    Args:
        num_timesteps: length of the chain. Both betas are meant for 1,000 timesteps and are
            scaled by `1000 / num_timesteps` (and kept below 0.9999), so that a chain of any
            length ends about as noisy: signal-to-noise ratio 4e-5.
        beta_start: share of variance replaced by the first of 1,000 steps.
        beta_end: share of variance replaced by the last of 1,000 steps.

    Raises:
        SamuelError: `num_timesteps` is below 1.

    Source: Ho et al. 2020, section 4; the scaling is Nichol & Dhariwal's.
    """
    _check(num_timesteps)
    betas = torch.linspace(beta_start, beta_end, num_timesteps, dtype=torch.float64)
    return NoiseSchedule.from_betas((betas * 1000 / num_timesteps).clamp(max=0.9999))


def trailing_timesteps(num_timesteps: int, num_steps: int) -> list[int]:
    """The timesteps a sampler visits: evenly spaced, the noisiest first and always included.

    Raises:
        SamuelError: `num_steps` is below 1 or above `num_timesteps`.

    Source: Lin et al. 2023, "Common Diffusion Noise Schedules and Sample Steps Are Flawed", 3.3.
    """
    if not 1 <= num_steps <= num_timesteps:
        raise SamuelError(
            f"num_steps={num_steps}; expected 1 to {num_timesteps}, the schedule's timesteps; "
            "16 is enough for unipc"
        )
    return [round(num_timesteps * left / num_steps) - 1 for left in range(num_steps, 0, -1)]


def stratified_timesteps(
    batch: int, num_timesteps: int, generator: torch.Generator, bias: float = 0.0
) -> Int[Tensor, " batch"]:
    """Timesteps to train on: random each, but spread over the whole chain within a batch.

    The chain is cut into `batch` equally likely strata and one timestep is drawn from each, in
    random order; the loss of a batch then varies far less than with independent draws.

    Args:
        batch: how many to draw.
        num_timesteps: each lies in [0, num_timesteps).
        generator: a CPU generator.
        bias: how much likelier noisy timesteps are: the density grows as `timestep ** bias`; 0 is
            uniform.

    Returns:
        (batch,), int64, on the CPU.

    Source: Kingma et al. 2021, "Variational Diffusion Models", appendix I.1 (for the idea).
    """
    within = torch.rand(batch, generator=generator, dtype=torch.float64)
    places = ((torch.arange(batch) + within) / batch) ** (1 / (1 + bias)) * num_timesteps
    shuffled = places[torch.randperm(batch, generator=generator)]
    return shuffled.long().clamp(max=num_timesteps - 1)


def _check(num_timesteps: int) -> None:
    if num_timesteps < 1:
        raise SamuelError(
            f"num_timesteps={num_timesteps}; expected at least 1; the paper trains with 800"
        )
