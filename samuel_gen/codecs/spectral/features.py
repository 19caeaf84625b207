"""The spectral features of the codec, before compression to latents, and their inverse.

Every feature is proportional to the amplitude to the power 0.3. So gain changes all features, and
all latents, by one common factor, and silence is all zeros.
"""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import HIGH_BANDS, LOW_BANDS, high_bank, low_bank
from samuel_gen.codecs.spectral.grid import HIGH_PER_FRAME

EXPONENT = 0.15
"""Exponent from power to feature."""
SCALE = 30.0
"""Feature of power 1, which no band of a full-scale sine exceeds."""
LARGEST = 40.0
"""Largest feature that is decoded. It is 8 dB above a full-scale sine."""
FEATURES = LOW_BANDS + HIGH_PER_FRAME * HIGH_BANDS
"""Spectral features per latent frame."""


def spectral_features(
    low_power: Float[Tensor, "frames low_bins"], high_power: Float[Tensor, "short_frames high_bins"]
) -> Float[Tensor, "frames features"]:
    """The semitone bands of each long window, then the mel bands of its four short windows."""
    low = compress_power(low_power @ low_bank().T)
    high = compress_power(high_power @ high_bank().T)
    high = rearrange(high, "(frames four) bands -> frames (four bands)", four=HIGH_PER_FRAME)
    return torch.cat([low, high], dim=1)


def band_powers(
    values: Float[Tensor, "frames features"],
) -> tuple[Float[Tensor, "frames low_bands"], Float[Tensor, "short_frames high_bands"]]:
    """The mean power in each band, finite and bounded for any features, NaN included."""
    power = expand_power(torch.nan_to_num(values).clamp(0, LARGEST))
    low, high = power[:, :LOW_BANDS], power[:, LOW_BANDS:]
    high = rearrange(high, "frames (four bands) -> (frames four) bands", four=HIGH_PER_FRAME)
    return low, high


def compress_power(power: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Map power to a perceptual scale, on which equal steps sound about equally large."""
    return power.pow(EXPONENT) * SCALE


def expand_power(values: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Invert `compress_power`."""
    return (values / SCALE).pow(1 / EXPONENT)


def estimate_spectrum(
    powers: Float[Tensor, "frames bands"], bank: Float[Tensor, "bands bins"], steps: int
) -> Float[Tensor, "frames bins"]:
    """Estimate the power per bin from which the filterbank would measure these band powers.

    The estimate starts from each bin's bands and is corrected by ratios, so that no bin becomes
    negative and empty bands stay empty.

    Args:
        powers: mean power in each band.
        bank: weights of the filterbank; those of each band add up to 1.
        steps: number of corrections; each sharpens peaks a little.

    Source: Richardson 1972, "Bayesian-based iterative method of image restoration".
    """
    coverage = bank.sum(0).clamp(min=1e-9)
    estimate = powers @ (bank / coverage)
    for _ in range(steps):
        ratio = powers / (estimate @ bank.T).clamp(min=1e-20)
        estimate = estimate * (ratio @ (bank / coverage))
    return estimate
