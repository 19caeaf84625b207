import numpy as np
import pytest
import torch

from samuel_gen.audio.augmentation import Equalisation, Level, Noise
from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.errors import SamuelError

RATE = 16_000


@pytest.fixture
def voice():
    time = torch.arange(10 * RATE) / RATE
    tones = sum(torch.sin(6.2832 * f * time) / 20 for f in (110.0, 440.0, 1760.0, 6000.0))
    return torch.stack([tones, tones])


def changed(augmentation, voice, seed=0, block=4096):
    blocks = augmentation.blocks(voice.split(block, dim=1), RATE, seed)
    return torch.cat(list(blocks), dim=1)


@pytest.mark.parametrize("augmentation", [Level(6.0), Equalisation(6.0), Noise(30.0)])
def test_length_seed_and_blocks(augmentation, voice):
    once = changed(augmentation, voice)
    assert once.shape == voice.shape and not torch.allclose(once, voice, atol=1e-4)
    torch.testing.assert_close(changed(augmentation, voice, block=1000), once)
    assert not torch.allclose(changed(augmentation, voice, seed=1), once, atol=1e-4)
    assert repr(type(augmentation)(3.0)) == f"{type(augmentation).__name__}(decibels=3)"


def test_a_level_stays_within_its_bounds_and_uses_them(voice):
    gains = changed(Level(6.0), torch.ones_like(voice))
    decibels = 20 * gains.log10()
    assert decibels.abs().max() <= 6.0 + 1e-4
    assert float(decibels.max() - decibels.min()) > 3
    assert decibels.diff().abs().max() < 0.01  # dB per sample: no clicks
    torch.testing.assert_close(gains[0], gains[1])


def test_equalisation_changes_bands_by_no_more_than_it_says(voice):
    click = torch.zeros(2, RATE)
    click[:, 100] = 1
    for seed in range(5):
        response = torch.fft.rfft(changed(Equalisation(6.0), click, seed)).abs()
        decibels = 20 * response.log10()
        assert decibels.abs().max() < 4 * 6.0 and float(decibels.abs().max()) > 0.5
    one_band = Equalisation(6.0)
    one_band._BANDS = 1
    for seed in range(5):
        decibels = 20 * torch.fft.rfft(changed(one_band, click, seed)).abs().log10()
        assert decibels.abs().max() <= 6.0 + 1e-3
        assert decibels.abs().median() < 1.0  # an octave, not the whole spectrum


def test_noise_lies_as_far_below_the_voice_as_it_says(voice):
    voice = voice * 10 ** ((-20 - integrated_loudness(voice, RATE)) / 20)
    levels = []
    for seed in range(20):
        noise = changed(Noise(30.0), voice, seed) - voice
        levels.append(10 * float(noise.square().mean().log10()))
        correlation = np.corrcoef(noise.numpy())[0, 1]
        assert abs(correlation) < 0.02
    assert -20 - 30 - 20 <= min(levels) < -60 and -58 < max(levels) <= -50 + 0.1


@pytest.mark.parametrize("kind", [Level, Equalisation, Noise])
def test_settings_that_would_do_nothing_are_refused(kind):
    with pytest.raises(SamuelError, match="decibels=0"):
        kind(0.0)
