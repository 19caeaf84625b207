"""Augmentations: bounds, repeatability, and independence of the blocks."""

import numpy as np
import pytest
import torch

from samuel_gen.audio.augmentation import Augmentation, Equalisation, LevelDrift, Noise
from samuel_gen.audio.loudness import normalise_loudness
from samuel_gen.errors import SamuelError

RATE = 16_000


@pytest.fixture
def vocal():
    time = torch.arange(10 * RATE) / RATE
    tones = sum(torch.sin(6.2832 * f * time) / 20 for f in (110.0, 440.0, 1760.0, 6000.0))
    return torch.stack([tones, tones])


def apply(augmentation, vocal, seed=0, block=4096):
    blocks = augmentation.blocks(vocal.split(block, dim=1), RATE, seed)
    return torch.cat(list(blocks), dim=1)


@pytest.mark.parametrize("augmentation", [LevelDrift(6.0), Equalisation(6.0), Noise(30.0)])
def test_the_result_depends_on_the_seed_but_not_on_the_blocks(augmentation, vocal):
    once = apply(augmentation, vocal)
    assert once.shape == vocal.shape and not torch.allclose(once, vocal, atol=1e-4)
    torch.testing.assert_close(apply(augmentation, vocal, block=1000), once)
    assert not torch.allclose(apply(augmentation, vocal, seed=1), once, atol=1e-4)


@pytest.mark.parametrize(
    ("augmentation", "name"),
    [(LevelDrift(3.0), "level"), (Equalisation(3.0), "equalisation"), (Noise(3.0), "noise")],
)
def test_a_description_holds_name_version_and_setting(augmentation, name):
    assert isinstance(augmentation, Augmentation)
    assert augmentation.describe() == {"name": name, "version": 1, "decibels": 3.0}
    assert repr(augmentation) == f"{type(augmentation).__name__}(decibels=3)"


def test_the_gain_drifts_smoothly_within_its_bounds(vocal):
    gains = apply(LevelDrift(6.0), torch.ones_like(vocal))
    decibels = 20 * gains.log10()
    assert decibels.abs().max() <= 6.0 + 1e-4
    assert float(decibels.max() - decibels.min()) > 3
    assert decibels.diff().abs().max() < 0.01  # dB per sample: no clicks
    torch.testing.assert_close(gains[0], gains[1])


def test_equalisation_stays_within_its_gain():
    click = torch.zeros(2, RATE)
    click[:, 100] = 1
    for seed in range(5):
        response = torch.fft.rfft(apply(Equalisation(6.0), click, seed)).abs()
        decibels = 20 * response.log10()
        assert decibels.abs().max() < 4 * 6.0 and float(decibels.abs().max()) > 0.5
    one_band = Equalisation(6.0)
    one_band._BANDS = 1
    for seed in range(5):
        decibels = 20 * torch.fft.rfft(apply(one_band, click, seed)).abs().log10()
        assert decibels.abs().max() <= 6.0 + 1e-3
        assert decibels.abs().median() < 1.0  # an octave, not the whole spectrum


def test_noise_keeps_its_distance_from_the_vocal(vocal):
    vocal = normalise_loudness(vocal, RATE, -20.0)
    levels = []
    for seed in range(20):
        noise = apply(Noise(30.0), vocal, seed) - vocal
        levels.append(10 * float(noise.square().mean().log10()))
        correlation = np.corrcoef(noise.numpy())[0, 1]
        assert abs(correlation) < 0.02
    assert -20 - 30 - 20 <= min(levels) < -60 and -58 < max(levels) <= -50 + 0.1


@pytest.mark.parametrize("kind", [LevelDrift, Equalisation, Noise])
def test_settings_without_effect_are_refused(kind):
    with pytest.raises(SamuelError, match="decibels=0"):
        kind(0.0)
