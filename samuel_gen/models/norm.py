"""A norm over channels that treats each frame by itself."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class ChannelNorm(nn.Module):
    """Root-mean-square norm over the channels of each frame, with a learned gain per channel.

    No statistic crosses frames, so a frame of a crop and the same frame of the whole song are
    normed alike, and the window of local attention is not widened.

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
        """Divide each frame by its root mean square and multiply by the gain."""
        power = features.square().mean(dim=1, keepdim=True)
        # In the dtype of the features; otherwise autocast would make all that follows float32.
        scale = (power + 1e-6).rsqrt().to(features.dtype)
        return features * scale * self.gain.to(features.dtype)
