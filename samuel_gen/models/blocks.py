from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.models.film import FiLM, FilmMode, Modulation
from samuel_gen.models.norm import ChannelNorm

Features = Float[Tensor, "batch channels frames"]
Context = Float[Tensor, "batch context_channels frames"]


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

    def listen(self, context: Context) -> Modulation:
        """What the voice says to this block, at every timestep."""
        return self.film.listen(context)

    def forward(
        self,
        features: Features,
        timestep: Float[Tensor, "batch timestep_channels"],
        heard: Modulation,
    ) -> Float[Tensor, "batch out_channels frames"]:
        """The features, changed by what the block makes of them; `heard` is of `listen`."""
        hidden = self.conv_in(F.silu(self.norm_in(features)))
        hidden = F.silu(self.film(self.norm_out(hidden), timestep, heard))
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

    def listen(self, context: Context) -> list[Modulation]:
        """What the voice says to each block, at every timestep."""
        return listened(self.blocks, repeat(context))

    def forward(
        self,
        features: Features,
        timestep: Float[Tensor, "batch timestep_channels"],
        heard: Sequence[Modulation],
    ) -> tuple[Float[Tensor, "batch out_channels half_frames"], Features]:
        """The halved features, and the finer ones for the way back up."""
        for block, said in zip(self.blocks, heard, strict=True):
            features = block(features, timestep, said)
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

    def listen(self, context: Context) -> list[Modulation]:
        """What the voice says to each block, at every timestep."""
        return listened(self.blocks, repeat(context))

    def forward(
        self,
        features: Features,
        kept: Float[Tensor, "batch out_channels double_frames"],
        timestep: Float[Tensor, "batch timestep_channels"],
        heard: Sequence[Modulation],
    ) -> Float[Tensor, "batch out_channels double_frames"]:
        """The features at twice the resolution."""
        features = torch.cat((self.up(features), kept), dim=1)
        for block, said in zip(self.blocks, heard, strict=True):
            features = block(features, timestep, said)
        return features


def listened(modules: nn.ModuleList, contexts: Iterable[Float[Tensor, "batch _ _"]]) -> list[Any]:
    """What the voice says to each of the modules, from the context that belongs to it."""
    return [
        module.listen(context)  # type: ignore[operator]
        for module, context in zip(modules, contexts, strict=False)
    ]
