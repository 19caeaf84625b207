"""Spectra of a stream, power in bands, and levels relative to the loud frames."""

import numpy as np
import pytest
import torch

from samuel_gen.analysis.spectra import (
    BAND_CENTRES,
    FREQUENCIES,
    band_powers,
    compute_spectra,
    loud_power,
    power_to_db,
    relative_levels,
)

RATE, HOP = 44_100, 2048


def noise(samples: int, channels: int = 1) -> torch.Tensor:
    return 0.1 * torch.randn(channels, samples, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("size", [1_000, 44_100, 10**7])
def test_the_blocks_do_not_matter(rate, size):
    sound = noise(3 * rate, 2)
    whole = np.concatenate(list(compute_spectra([sound], rate, HOP, 4)))
    pieces = np.concatenate(list(compute_spectra(sound.split(size, dim=1), rate, HOP, 4)))
    assert whole.shape == (4 * -(-3 * rate // HOP), FREQUENCIES.size)
    np.testing.assert_allclose(pieces, whole, atol=1e-4)


def test_a_sine_is_in_its_own_bin_and_band():
    tone = torch.sin(2 * torch.pi * 440 * torch.arange(RATE) / RATE)[None]
    (spectra,) = compute_spectra([tone], RATE, HOP, 4)
    middle = spectra[len(spectra) // 2]
    assert abs(FREQUENCIES[middle.argmax()] - 440) < 8
    band = BAND_CENTRES[band_powers(spectra)[len(spectra) // 2].argmax()]
    assert abs(np.log2(band / 440)) < 0.15


def test_levels_are_relative_to_the_loud_frames():
    power = np.concatenate([np.full(50, 4.0), np.full(40, 0.04), np.zeros(1000)])
    assert loud_power(power) == 4.0
    level = power_to_db(power)
    np.testing.assert_allclose(level[:50], 0, atol=1e-9)
    np.testing.assert_allclose(level[50:90], -20, atol=1e-9)
    assert (level[90:] == -200).all()
    assert (power_to_db(np.zeros(3)) == -200).all()


def test_neither_gain_nor_tilt_changes_relative_levels_much():
    generator = np.random.default_rng(0)
    loudness = 10 ** (generator.uniform(-3, 0, (300, 1)))
    powers = (loudness * BAND_CENTRES**-1.5 * generator.uniform(0.5, 1, (300, 24))).astype("f4")
    level = relative_levels(powers)
    np.testing.assert_allclose(relative_levels(100 * powers), level, atol=1e-3)
    tilt = (10 ** (0.4 * np.log2(BAND_CENTRES / 1000))).astype("f4")  # 4 dB per octave
    assert np.abs(relative_levels(powers * tilt) - level).max() < 0.5
    assert (relative_levels(0 * powers) == -200).all()
