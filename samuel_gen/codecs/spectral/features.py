"""What the codec keeps of a signal before anything is squeezed, and its way back to magnitudes.

Every feature is proportional to the amplitude to the power 0.3. So the codec has no opinion on
loudness: audio that is louder by some factor has features, and latents, that are larger by one
factor, and silence is all zeros.
"""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import HIGH_BANDS, LOW_BANDS, high_bank, low_bank
from samuel_gen.codecs.spectral.grid import (
    HIGH_PER_FRAME,
)

EXPONENT = 0.15
SCALE = 30.0
LARGEST = 40.0
"""A sine at full scale reads at most 30; what claims to be 8 dB louder than that is a mistake."""
FEATURES = LOW_BANDS + HIGH_PER_FRAME * HIGH_BANDS


def features(
    low_power: Float[Tensor, "frames low_bins"], high_power: Float[Tensor, "short_frames high_bins"]
) -> Float[Tensor, "frames features"]:
    """Semitone bands of each long window, then the mel bands of its four short ones."""
    low = compressed(low_power @ low_bank().T)
    high = compressed(high_power @ high_bank().T)
    high = rearrange(high, "(frames four) bands -> frames (four bands)", four=HIGH_PER_FRAME)
    return torch.cat([low, high], dim=1)


def band_powers(
    values: Float[Tensor, "frames features"],
) -> tuple[Float[Tensor, "frames low_bands"], Float[Tensor, "short_frames high_bands"]]:
    """The mean power in each band that these features tell of, whatever the numbers are."""
    power = expanded(torch.nan_to_num(values).clamp(0, LARGEST))
    low, high = power[:, :LOW_BANDS], power[:, LOW_BANDS:]
    high = rearrange(high, "frames (four bands) -> (frames four) bands", four=HIGH_PER_FRAME)
    return low, high


def compressed(power: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """About as loud as it sounds: equal steps of it are equal steps to the ear."""
    return power.pow(EXPONENT) * SCALE


def expanded(values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The power whose `compressed` this is."""
    return (values / SCALE).pow(1 / EXPONENT)


def spectrum(
    powers: Float[Tensor, "frames bands"], bank: Float[Tensor, "bands bins"], steps: int
) -> Float[Tensor, "frames bins"]:
    """Power per bin that the filterbank would see as these band powers.

    Begins with every bin at what its bands say and corrects by ratios, so that nothing turns
    negative and empty bands stay empty.

    Args:
        powers: mean power in each band.
        bank: weights, each band's adding up to 1.
        steps: corrections; each sharpens peaks a little.

    Source: Richardson 1972, "Bayesian-based iterative method of image restoration".
    """
    reach = bank.sum(0).clamp(min=1e-9)
    estimate = powers @ (bank / reach)
    for _ in range(steps):
        ratio = powers / (estimate @ bank.T).clamp(min=1e-20)
        estimate = estimate * (ratio @ (bank / reach))
    return estimate
