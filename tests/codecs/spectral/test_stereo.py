import math

import pytest
import torch

from samuel_gen.codecs.spectral.bands import STEREO_BANDS
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME
from samuel_gen.codecs.spectral.stereo import (
    STEREO_FEATURES,
    power,
    stereo_features,
    synthesise_mid_side,
    synthesise_stereo,
    to_left_right,
    to_mid_side,
)

FRAMES = 6


def noise(seed: int) -> torch.Tensor:
    return torch.randn(FRAMES * 2048, generator=torch.Generator().manual_seed(seed))


def analyse(left: torch.Tensor, right: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Widths and leans times levels, (frames, bands) each."""
    spectra = HIGH.analyse(torch.stack([left, right]), 0, FRAMES * HIGH_PER_FRAME)
    widths, leans = stereo_features(to_mid_side(spectra)).split(STEREO_BANDS, dim=1)
    return widths, leans


def test_left_right_inverts_mid_side():
    pair = torch.stack([noise(0), noise(1)])
    torch.testing.assert_close(to_left_right(to_mid_side(pair)), pair)


def test_power_is_the_squared_modulus():
    spectra = torch.complex(noise(0), noise(1))
    torch.testing.assert_close(power(spectra), spectra.abs().square())


def test_one_sided_sound_leans_as_far_as_it_is_wide():
    silence = torch.zeros(FRAMES * 2048)
    for side, (left, right) in ((1, (noise(0), silence)), (-1, (silence, noise(0)))):
        widths, leans = analyse(left, right)
        assert widths.min() > 0
        torch.testing.assert_close(leans, side * widths, rtol=1e-3, atol=1e-3)


def test_mono_has_no_width():
    assert not any(values.any() for values in analyse(noise(0), noise(0)))


def test_uncorrelated_channels_are_wide_without_lean():
    widths, leans = analyse(noise(0), noise(1))
    assert leans[:, 2:].abs().mean() < 0.2 * widths[:, 2:].mean()


def test_any_features_keep_the_carriers_energy():
    """The decorrelated spectra are orthogonal to the carrier: the same, turned by 90 degrees."""
    carrier = HIGH.analyse(noise(0), 0, FRAMES * HIGH_PER_FRAME)
    features = 50 * torch.randn(FRAMES, STEREO_FEATURES, generator=torch.Generator().manual_seed(1))
    mid, side = synthesise_mid_side(carrier, 1j * carrier, features)
    assert side.abs().max() > 0.1 * mid.abs().max()
    torch.testing.assert_close(power(mid) + power(side), power(carrier), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e30])
def test_impossible_features_give_finite_sound(value):
    audio = synthesise_stereo(noise(0), torch.full((FRAMES, STEREO_FEATURES), value))
    assert audio.shape == (2, FRAMES * 2048) and audio.isfinite().all()


def test_zero_features_give_mono():
    left, right = synthesise_stereo(noise(0), torch.zeros(FRAMES, STEREO_FEATURES))
    assert torch.equal(left, right)
    torch.testing.assert_close(left, noise(0), atol=1e-3, rtol=1e-3)
