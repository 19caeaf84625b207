import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.models.film import FiLM, FilmMode
from samuel_gen.models.norm import ChannelNorm

Features = Float[Tensor, "batch channels frames"]


class ResidualBlock(nn.Module):
    """Two convolutions over three frames, modulated between norm and activation, and a way round.

    Args:
        in_channels, out_channels: features before and after.
        timestep_channels, context_channels, film: see `FiLM`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        timestep_channels: int,
        context_channels: int,
        film: FilmMode,
    ) -> None:
        super().__init__()
        self.norm_in = ChannelNorm(in_channels)
        self.conv_in = nn.Conv1d(in_channels, out_channels, 3, padding=1)
        self.norm_out = ChannelNorm(out_channels)
        self.film = FiLM(out_channels, timestep_channels, context_channels, film)
        self.conv_out = nn.Conv1d(out_channels, out_channels, 3, padding=1)
        self.around = (
            nn.Conv1d(in_channels, out_channels, 1, bias=False)
            if in_channels != out_channels
            else nn.Identity()
        )

    def forward(
        self,
        features: Features,
        timestep: Float[Tensor, "batch timestep_channels"],
        context: Float[Tensor, "batch context_channels frames"],
    ) -> Float[Tensor, "batch out_channels frames"]:
        """The features, changed by what the block makes of them."""
        hidden = self.conv_in(F.silu(self.norm_in(features)))
        hidden = F.silu(self.film(self.norm_out(hidden), timestep, context))
        changed: Tensor = self.around(features) + self.conv_out(hidden)
        return changed


class DownBlock(nn.Module):
    """Residual blocks, then half the frames and more channels.

    Args:
        in_channels, out_channels: features before and after the halving.
        depth: residual blocks, at the finer resolution.
        timestep_channels, context_channels, film: see `FiLM`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        depth: int,
        timestep_channels: int,
        context_channels: int,
        film: FilmMode,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            ResidualBlock(in_channels, in_channels, timestep_channels, context_channels, film)
            for _ in range(depth)
        )
        self.down = nn.Conv1d(in_channels, out_channels, 4, stride=2, padding=1)

    def forward(
        self,
        features: Features,
        timestep: Float[Tensor, "batch timestep_channels"],
        context: Float[Tensor, "batch context_channels frames"],
    ) -> tuple[Float[Tensor, "batch out_channels half_frames"], Features]:
        """The halved features, and the finer ones for the way back up."""
        for block in self.blocks:
            features = block(features, timestep, context)
        return self.down(features), features


class UpBlock(nn.Module):
    """Twice the frames, joined with the features kept on the way down, then residual blocks.

    Args:
        in_channels, out_channels: features before and after the doubling.
        depth: residual blocks, at the finer resolution.
        timestep_channels, context_channels, film: see `FiLM`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        depth: int,
        timestep_channels: int,
        context_channels: int,
        film: FilmMode,
    ) -> None:
        super().__init__()
        self.up = nn.ConvTranspose1d(in_channels, out_channels, 4, stride=2, padding=1)
        self.blocks = nn.ModuleList(
            ResidualBlock(
                2 * out_channels if first else out_channels,
                out_channels,
                timestep_channels,
                context_channels,
                film,
            )
            for first in [True] + [False] * (depth - 1)
        )

    def forward(
        self,
        features: Features,
        kept: Float[Tensor, "batch out_channels double_frames"],
        timestep: Float[Tensor, "batch timestep_channels"],
        context: Float[Tensor, "batch context_channels double_frames"],
    ) -> Float[Tensor, "batch out_channels double_frames"]:
        """The features at twice the resolution."""
        features = torch.cat((self.up(features), kept), dim=1)
        for block in self.blocks:
            features = block(features, timestep, context)
        return features
