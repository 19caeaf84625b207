import torch
from jaxtyping import Float
from torch import Tensor, nn


class ChannelNorm(nn.Module):
    """Root-mean-square norm over the channels of each frame, with a gain per channel.

    No statistic crosses frames: a crop, its padding and a whole song are treated alike, and a
    windowed attention stays windowed.

    Args:
        channels: number of channels.

    Source: Zhang & Sennrich 2019, "Root Mean Square Layer Normalization", equation 4.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels, 1))

    def forward(
        self, features: Float[Tensor, "batch channels frames"]
    ) -> Float[Tensor, "batch channels frames"]:
        """The normed features."""
        power = features.square().mean(dim=1, keepdim=True)
        # In the features' own type: under autocast all that follows would else be float32.
        scale = (power + 1e-6).rsqrt().to(features.dtype)
        return features * scale * self.gain.to(features.dtype)
