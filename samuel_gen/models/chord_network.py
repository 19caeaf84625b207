"""The chord network: the chords and the key of a melody, seen from one tonic."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

TONE_FEATURES = 24
"""Shares of the pitch classes above the tonic in each half of a beat."""
PLACE_FEATURES = 6
"""The place of a beat in its bar, its length, and the share of singing."""

_DILATIONS = (1, 2, 4, 8, 16, 32)  # in beats: bars, phrases and repetitions of a progression
_KERNEL = 5


class ChordNetwork(nn.Module):
    """Estimates the chord of each beat, if the tonic is known, and the probability of the tonic.

    It sees the melody relative to a tonic, so that it treats all twelve keys alike.

    Args:
        states: the number of chords of a key.
        width: the number of channels.
        dropout: the share of channels that are dropped in training.
    """

    def __init__(self, states: int, width: int = 64, dropout: float = 0.15) -> None:
        super().__init__()
        self.states = states
        self.first = nn.Linear(TONE_FEATURES + PLACE_FEATURES + 12, width)
        self.blocks = nn.ModuleList(_Block(width, dilation, dropout) for dilation in _DILATIONS)
        self.norm = nn.LayerNorm(width)
        self.chords = nn.Linear(width, 2 * states)
        self.key = nn.Linear(width, 2)

    def forward(
        self,
        features: Float[Tensor, "batch beats features"],
        valid: Float[Tensor, "batch beats"],
    ) -> tuple[Float[Tensor, "batch 2 beats states"], Float[Tensor, "batch 2"]]:
        """Return logits of the chords in major and in minor, and logits of the two keys.

        Args:
            features: the features of each beat relative to a tonic.
            valid: 1 for beats, 0 for padding.
        """
        mask = valid[:, :, None]
        tones = (features[:, :, :TONE_FEATURES] * mask).sum(1)
        whole = tones[:, :12] + tones[:, 12:]
        whole = whole / whole.sum(1, keepdim=True).clamp(min=1e-6)
        spread = whole[:, None].expand(-1, features.shape[1], -1)
        hidden = self.first(torch.cat([features, spread], dim=2)) * mask
        for block in self.blocks:
            hidden = block(hidden) * mask
        hidden = self.norm(hidden)
        major, minor = self.chords(hidden).chunk(2, dim=2)
        pooled = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
        return torch.stack([major, minor], dim=1), self.key(pooled)


class _Block(nn.Module):
    """A residual block: a convolution in time per channel, then two layers over the channels."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        padding = dilation * (_KERNEL - 1) // 2
        self.time = nn.Conv1d(
            width, width, _KERNEL, padding=padding, dilation=dilation, groups=width
        )
        self.mix = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )

    def forward(
        self, hidden: Float[Tensor, "batch beats width"]
    ) -> Float[Tensor, "batch beats width"]:
        mixed = self.time(self.norm(hidden).transpose(1, 2)).transpose(1, 2)
        return hidden + torch.as_tensor(self.mix(mixed))
