"""The embeddings of the diffusion timestep and of the style."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
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


class StyleEmbedding(nn.Module):
    """A learned embedding of the style, and one for items whose style is withheld.

    All start at zero, so that a network that is given this input later begins as it was.

    Args:
        width: number of features of the embedding.
        styles: the most styles; those that no song has yet stay at zero.
    """

    def __init__(self, width: int, styles: int = 64) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(styles, width))
        self.null = nn.Parameter(torch.zeros(width))

    def forward(
        self, style: Int[Tensor, " batch"], given: Bool[Tensor, " batch"]
    ) -> Float[Tensor, "batch width"]:
        """Embed the style of each item."""
        return torch.where(given[:, None], self.table[style], self.null)
