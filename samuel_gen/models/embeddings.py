"""The embedding of the diffusion timestep."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.diffusion.denoiser import Timesteps


def sinusoidal(timestep: Timesteps, num_timesteps: int, width: int) -> Float[Tensor, "batch width"]:
    """Cosines and sines of the timestep at `width / 2` frequencies.

    The timestep is scaled to a chain of 1,000, so the features depend on its share of the chain.

    Args:
        timestep: timestep of each item, from 0 (clean) to `num_timesteps - 1` (noise).
        num_timesteps: length of the training schedule.
        width: number of features, even.

    Source: Ho et al. 2020, "Denoising Diffusion Probabilistic Models", appendix B.
    """
    half = width // 2
    exponents = torch.arange(half, device=timestep.device, dtype=torch.float32) / half
    frequencies = torch.exp(-math.log(10_000.0) * exponents)
    angles = (timestep.float() * (1000.0 / num_timesteps))[:, None] * frequencies
    return torch.cat((angles.cos(), angles.sin()), dim=1)


class TimestepEmbedding(nn.Module):
    """A learned embedding of the diffusion timestep: sinusoids, then two layers.

    Args:
        width: number of features of the embedding.
        num_timesteps: length of the training schedule.
    """

    def __init__(self, width: int, num_timesteps: int) -> None:
        super().__init__()
        self.width = width
        self.num_timesteps = num_timesteps
        self.first = nn.Linear(width, 2 * width)
        self.second = nn.Linear(2 * width, width)

    def forward(self, timestep: Timesteps) -> Float[Tensor, "batch width"]:
        """Embed the timestep of each item."""
        features = sinusoidal(timestep, self.num_timesteps, self.width)
        hidden = F.silu(self.first(features.to(self.first.weight.dtype)))
        return F.silu(self.second(hidden))
