"""Faults of an accompaniment: too quiet, clipped or silent in parts."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.audio.true_peak import true_peak

FAINTEST_LUFS = -70.0  # the absolute gate of BS.1770
FAINTEST_DBTP = -120.0
FULL_SCALE = 0.999
SILENCE_BLOCK = 0.5  # s: longer than the rests between beats
_BELOW = 40.0  # dB below the loudest block, from which a block is silent
_NOTHING = 1e-7  # mean square of -70 dBFS: silent even among fainter blocks

Sound = Float[Tensor, "channels samples"]


def loudness(sound: Sound, sample_rate: int) -> float:
    """Return the gated loudness in LUFS, -70 for silence and for anything fainter.

    Args:
        sound: the sound; full scale is 1.
        sample_rate: the rate of the sound in Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 1.
    """
    return max(FAINTEST_LUFS, integrated_loudness(sound, sample_rate))


def peak(sound: Sound, sample_rate: int) -> float:
    """Return the true peak in dBTP, -120 for silence.

    Args:
        sound: the sound; full scale is 1, which is 0 dBTP.
        sample_rate: the rate of the sound in Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 2.
    """
    return max(FAINTEST_DBTP, true_peak(sound, sample_rate))


def silent_share(sound: Sound, sample_rate: int) -> float:
    """Return the share of blocks of 0.5 s that are silent, 0 to 1; 1 for no samples.

    A block is silent if its mean square over all channels is more than 40 dB below that of the
    loudest block, or below -70 dBFS. A shorter rest at the end is one more block.

    Args:
        sound: the sound; full scale is 1.
        sample_rate: the rate of the sound in Hz.
    """
    power = sound.detach().double().square().mean(0)
    parts = torch.split(power, round(SILENCE_BLOCK * sample_rate)) if power.numel() else ()
    return silent_block_share([float(part.mean()) for part in parts])


def silent_block_share(powers: Sequence[float]) -> float:
    """Return the share of blocks that are silent, as `silent_share` defines it; 1 for no blocks.

    Args:
        powers: the mean square of each block.
    """
    threshold = max(_NOTHING, max(powers, default=0.0) * 10 ** (-_BELOW / 10))
    return sum(power < threshold for power in powers) / len(powers) if powers else 1.0


def count_clipped(sound: Sound) -> int:
    """Count the samples at which some channel is at full scale (0.999 or more)."""
    return int((sound.abs() >= FULL_SCALE).any(0).sum())
