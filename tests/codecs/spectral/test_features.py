import math

import pytest
import torch

from samuel_gen.codecs.spectral.bands import HIGH_BANDS, LOW_BANDS, high_bank, low_bank
from samuel_gen.codecs.spectral.features import (
    FEATURES,
    LARGEST,
    band_powers,
    compress_power,
    estimate_spectrum,
    expand_power,
    spectral_features,
)
from samuel_gen.codecs.spectral.grid import HIGH_BINS, LOW_BINS


def test_band_powers_invert_the_features():
    generator = torch.Generator().manual_seed(0)
    low, high = (
        torch.rand(shape, generator=generator) for shape in [(3, LOW_BINS), (12, HIGH_BINS)]
    )
    features = spectral_features(low, high)
    assert features.shape == (3, FEATURES)
    found = band_powers(features)
    torch.testing.assert_close(found[0], low @ low_bank().T, rtol=1e-3, atol=0)
    torch.testing.assert_close(found[1], high @ high_bank().T, rtol=1e-3, atol=0)


@pytest.mark.parametrize("value", [-5.0, 1e30, math.inf, math.nan])
def test_band_powers_of_any_features_are_finite(value):
    low, high = band_powers(torch.full((2, FEATURES), value))
    assert low.shape == (2, LOW_BANDS) and high.shape == (8, HIGH_BANDS)
    largest = expand_power(torch.tensor(LARGEST))
    for power in (low, high):
        assert power.isfinite().all() and power.min() >= 0 and power.max() <= largest


def test_compression_maps_gain_to_a_factor():
    power = torch.logspace(-12, 1, 50)
    torch.testing.assert_close(expand_power(compress_power(power)), power, rtol=1e-4, atol=0)
    louder = compress_power(power * 4) / compress_power(power)  # twice the amplitude
    torch.testing.assert_close(louder, torch.full((50,), 2**0.3), rtol=1e-4, atol=0)


def test_estimated_spectrum_has_the_band_powers():
    generator = torch.Generator().manual_seed(0)
    for bank in (low_bank(), high_bank()):
        powers = torch.rand(5, bank.shape[1], generator=generator).square() @ bank.T
        rough, fine = (estimate_spectrum(powers, bank, steps) @ bank.T for steps in (0, 60))
        errors = [(found / powers - 1).abs().mean() for found in (rough, fine)]
        assert errors[1] < 0.02 < errors[0]


def test_empty_bands_stay_empty():
    assert estimate_spectrum(torch.zeros(2, LOW_BANDS), low_bank(), 8).abs().max() == 0
