"""The network of the beat tracker: dilated convolutions at two rates."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

POOLING = 4
"""Frames of the input per frame of the slow part."""
SLOWEST, FASTEST, TEMPO_CLASSES = 40.0, 240.0, 64
"""The tempi of the first and the last class in beats per minute; the steps between are equal."""


class BeatLogits(NamedTuple):
    """The outputs of the network, all logits.

    Attributes:
        beats, downbeats: a beat or a downbeat in each frame.
        compound: the beat is divided into three, per frame of the slow part.
        tempo: the classes of the tempo, per frame of the slow part.
    """

    beats: Float[Tensor, "batch frames"]
    downbeats: Float[Tensor, "batch frames"]
    compound: Float[Tensor, "batch slow_frames"]
    tempo: Float[Tensor, "batch classes slow_frames"]


class BeatNetwork(nn.Module):
    """Beats, downbeats, tempo and the division of the beat from features of a recording.

    Two frames of the features become one. A fast part looks at onsets at that rate; a slow part,
    at half of it, sees some 15 s either way.

    Args:
        features: the number of input features.
        fast, slow: the channels of the two parts.
        fast_blocks: the residual blocks of the fast part before the slow one.
        slow_dilations: the dilation of each residual block of the slow part.
        tempo_classes: the number of tempo classes.
        dropout: the share of channels that training leaves out.
    """

    def __init__(
        self,
        features: int,
        fast: int = 32,
        slow: int = 96,
        fast_blocks: int = 2,
        slow_dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 32, 8),
        tempo_classes: int = TEMPO_CLASSES,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv1d(features, fast, 2 + 4, stride=2, padding=2)
        self.fast = nn.Sequential(*[_Block(fast, 2**at, dropout) for at in range(fast_blocks)])
        self.down = nn.Conv1d(fast, slow, 2, stride=2)
        self.slow = nn.Sequential(*[_Block(slow, each, dropout) for each in slow_dilations])
        self.up = nn.ConvTranspose1d(slow, fast, 2, stride=2)
        self.last = nn.Sequential(_Block(fast, 1, dropout), _Block(fast, 2, dropout))
        self.pulses = nn.ConvTranspose1d(fast, 2, 2, stride=2)
        self.whole = nn.Conv1d(slow, 1 + tempo_classes, 1)
        assert self.pulses.bias is not None
        nn.init.constant_(self.pulses.bias, -3.0)  # beats are rare

    def forward(self, features: Float[Tensor, "batch features frames"]) -> BeatLogits:
        """Return the logits of a batch, for any number of frames."""
        frames = features.shape[-1]
        padded = functional.pad(features, (0, -frames % POOLING))
        fast = self.fast(self.stem(padded))
        slow = self.slow(self.down(fast))
        pulses = self.pulses(self.last(functional.relu(fast + self.up(slow))))[..., :frames]
        whole = self.whole(slow)
        return BeatLogits(pulses[:, 0], pulses[:, 1], whole[:, 0], whole[:, 1:])


class BeatNetworks(nn.Module):
    """Several networks that were trained apart; their mean errs less than each of them.

    Args:
        networks: the networks, at least one.
    """

    def __init__(self, networks: Sequence[BeatNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, features: Float[Tensor, "batch features frames"]) -> BeatLogits:
        """Return the mean logits of the networks."""
        answers = [network(features) for network in self.networks]
        return BeatLogits(*(torch.stack(each).mean(0) for each in zip(*answers, strict=True)))


class _Block(nn.Module):
    """A residual block: normalisation, a dilated and a pointwise convolution."""

    def __init__(self, channels: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(channels)
        self.dilated = nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Conv1d(channels, channels, 1)
        self.dropout = nn.Dropout1d(dropout)

    def forward(self, x: Float[Tensor, "batch channels frames"]) -> Tensor:
        hidden = functional.relu(self.dilated(self.norm(x)))
        return torch.add(x, self.mix(self.dropout(hidden)))
