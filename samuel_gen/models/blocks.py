"""The convolutional blocks of the U-Net: residual blocks with FiLM, and changes of resolution."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.models.film import FiLM, FilmMode, Modulation
from samuel_gen.models.norm import ChannelNorm

Features = Float[Tensor, "batch channels frames"]
Context = Float[Tensor, "batch context_channels frames"]


class ResidualBlock(nn.Module):
    """Two convolutions over three frames with FiLM after the second norm, and a skip connection.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        timestep_channels: features of the timestep's embedding.
        context_channels: channels of the vocal's context.
        film: mode of the modulation, one of `FilmMode`.
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

    def project_context(self, context: Context) -> Modulation:
        """Compute the modulation by the context, which is the same at every timestep."""
        return self.film.project_context(context)

    def forward(
        self,
        features: Features,
        timestep: Float[Tensor, "batch timestep_channels"],
        modulation: Modulation,
    ) -> Float[Tensor, "batch out_channels frames"]:
        """Add the output of the convolutions to the features.

        Args:
            features: input of the block.
            timestep: embedding of each item's timestep.
            modulation: result of `project_context`.
        """
        hidden = self.conv_in(F.silu(self.norm_in(features)))
        hidden = F.silu(self.film(self.norm_out(hidden), timestep, modulation))
        changed: Tensor = self.around(features) + self.conv_out(hidden)
        return changed


class ResidualStack(nn.ModuleList):
    """Residual blocks one after the other, with one context and one timestep for all.

    Args:
        in_channels: channels of the input of the first block.
        out_channels: channels of the output of every block.
        depth: number of blocks.
        timestep_channels: features of the timestep's embedding.
        context_channels: channels of the vocal's context.
        film: mode of the modulation, one of `FilmMode`.
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
        super().__init__(
            ResidualBlock(
                out_channels if index else in_channels,
                out_channels,
                timestep_channels,
                context_channels,
                film,
            )
            for index in range(depth)
        )

    def project_context(self, context: Context) -> list[Modulation]:
        """Compute the modulation of each block by the context."""
        return [block.project_context(context) for block in self]  # type: ignore[operator]

    def forward(
        self,
        features: Features,
        timestep: Float[Tensor, "batch timestep_channels"],
        modulations: Sequence[Modulation],
    ) -> Float[Tensor, "batch out_channels frames"]:
        """Apply the blocks in order; `modulations` is the result of `project_context`."""
        for block, modulation in zip(self, modulations, strict=True):
            features = block(features, timestep, modulation)
        return features


class DownBlock(nn.Module):
    """Residual blocks, then a convolution that halves the frames and changes the channels.

    Args:
        in_channels: channels before the halving.
        out_channels: channels after it.
        depth: number of residual blocks, at the finer resolution.
        timestep_channels: features of the timestep's embedding.
        context_channels: channels of the vocal's context.
        film: mode of the modulation, one of `FilmMode`.
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
        self.blocks = ResidualStack(
            in_channels, in_channels, depth, timestep_channels, context_channels, film
        )
        self.down = nn.Conv1d(in_channels, out_channels, 4, stride=2, padding=1)

    def project_context(self, context: Context) -> list[Modulation]:
        """Compute the modulation of each block by the context."""
        return self.blocks.project_context(context)

    def forward(
        self,
        features: Features,
        timestep: Float[Tensor, "batch timestep_channels"],
        modulations: Sequence[Modulation],
    ) -> tuple[Float[Tensor, "batch out_channels half_frames"], Features]:
        """Return the features at half the resolution, and the finer ones for the `UpBlock`."""
        features = self.blocks(features, timestep, modulations)
        return self.down(features), features


class UpBlock(nn.Module):
    """A convolution that doubles the frames, then residual blocks over it and the skip features.

    Args:
        in_channels: channels before the doubling.
        out_channels: channels after it.
        depth: number of residual blocks, at the finer resolution; at least one is built.
        timestep_channels: features of the timestep's embedding.
        context_channels: channels of the vocal's context.
        film: mode of the modulation, one of `FilmMode`.
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
        self.blocks = ResidualStack(
            2 * out_channels, out_channels, max(depth, 1), timestep_channels, context_channels, film
        )

    def project_context(self, context: Context) -> list[Modulation]:
        """Compute the modulation of each block by the context."""
        return self.blocks.project_context(context)

    def forward(
        self,
        features: Features,
        skip: Float[Tensor, "batch out_channels double_frames"],
        timestep: Float[Tensor, "batch timestep_channels"],
        modulations: Sequence[Modulation],
    ) -> Float[Tensor, "batch out_channels double_frames"]:
        """Return the features at twice the resolution.

        Args:
            features: features of the coarser resolution.
            skip: features that the `DownBlock` of the finer resolution returned.
            timestep: embedding of each item's timestep.
            modulations: result of `project_context`.
        """
        features = torch.cat((self.up(features), skip), dim=1)
        return self.blocks(features, timestep, modulations)  # type: ignore[no-any-return]
