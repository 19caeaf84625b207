"""Is a band loud enough, whole and undistorted?"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.loudness import integrated_loudness, true_peak

FAINTEST_LUFS = -70.0  # the gate of BS.1770, below which nothing is measured
FAINTEST_DBTP = -120.0
FULL_SCALE = 0.999
SILENCE_BLOCK = 0.5  # s: longer than the rests between beats
_BELOW = 40.0  # dB below the loudest block
_NOTHING = 1e-7  # a mean square of -70 dBFS is silent whatever the rest

Sound = Float[Tensor, "channels samples"]


def loudness(sound: Sound, sample_rate: int) -> float:
    """Gated loudness in LUFS; -70 for silence and for all that is fainter.

    Args:
        sound: full scale is 1.
        sample_rate: Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 1.
    """
    return max(FAINTEST_LUFS, integrated_loudness(sound, sample_rate))


def peak(sound: Sound, sample_rate: int) -> float:
    """The highest point, between the samples too, in dBTP; -120 for silence.

    Args:
        sound: full scale is 1, 0 dBTP.
        sample_rate: Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 2.
    """
    return max(FAINTEST_DBTP, true_peak(sound, sample_rate))


def silent_share(sound: Sound, sample_rate: int) -> float:
    """Share of its blocks of 0.5 s that are silent, 0 to 1; 1 for no samples.

    Silent is a block whose mean square over all channels is more than 40 dB below that of the
    loudest one, or below -70 dBFS. What is left at the end is one block, though shorter.

    Args:
        sound: full scale is 1.
        sample_rate: Hz.
    """
    power = sound.detach().double().square().mean(0)
    parts = torch.split(power, round(SILENCE_BLOCK * sample_rate)) if power.numel() else ()
    return silent_blocks([float(part.mean()) for part in parts])


def silent_blocks(powers: Sequence[float]) -> float:
    """Share of blocks that are silent, see `silent_share`; 1 for none.

    Args:
        powers: the mean square of each.
    """
    threshold = max(_NOTHING, max(powers, default=0.0) * 10 ** (-_BELOW / 10))
    return sum(power < threshold for power in powers) / len(powers) if powers else 1.0


def clipped_samples(sound: Sound) -> int:
    """Instants at which some channel is at full scale (0.999 or more) [samples]."""
    return int((sound.abs() >= FULL_SCALE).any(0).sum())
