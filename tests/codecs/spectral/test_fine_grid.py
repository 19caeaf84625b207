import math

import torch

from samuel_gen.codecs.spectral.analysis import extract_features
from samuel_gen.codecs.spectral.features import FEATURES
from samuel_gen.codecs.spectral.fine_grid import (
    FINE,
    FINE_BINS,
    FINE_FIRST,
    FINE_PER_FRAME,
    LOW_ENVELOPE_BANDS,
    QUIETEST,
    crop_fine,
    envelope_bank,
    guess_magnitudes,
)
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME, HOP_LENGTH
from samuel_gen.codecs.spectral.stereo import power

FRAMES = 20


def test_the_guess_has_the_level_of_noise_in_every_band():
    noise = 0.1 * torch.randn(1, FRAMES * HOP_LENGTH, generator=torch.Generator().manual_seed(0))
    noise = noise.expand(2, -1)
    guess = guess_magnitudes(extract_features(noise, 0, FRAMES)[0])
    fine = power(crop_fine(FINE.analyse(noise[0], 0, FRAMES * FINE_PER_FRAME)))
    short = power(HIGH.analyse(noise[0], 0, FRAMES * HIGH_PER_FRAME)) @ envelope_bank().T
    inside = slice(3 * HIGH_PER_FRAME, -3 * HIGH_PER_FRAME)
    # a window four times as long has a quarter of the power of noise in each bin, and so on
    expected = fine[6:-6].mean() * 4
    found = (2 * guess.fine)[6:-6].exp().mean()
    assert abs(10 * math.log10(found / expected)) < 1
    spread = (2 * guess.envelope)[inside].exp().mean(0) / short[inside].mean(0)
    low, high = spread[:LOW_ENVELOPE_BANDS] * 8, spread[LOW_ENVELOPE_BANDS:]
    assert low.log10().abs().max() < 0.3 and high.log10().abs().max() < 0.1


def test_silence_has_the_least_magnitude():
    guess = guess_magnitudes(torch.zeros(4, FEATURES))
    for values in (guess.low, guess.fine, guess.envelope):
        assert torch.allclose(values, torch.tensor(math.log(QUIETEST)))
    assert guess.fine.shape == (4 * FINE_PER_FRAME, FINE_BINS)


def test_an_attack_is_guessed_where_it_is():
    audio = torch.zeros(2, FRAMES * HOP_LENGTH)
    at = 10 * HOP_LENGTH
    audio[:, at : at + 2048] = 0.3 * torch.randn(2048, generator=torch.Generator().manual_seed(0))
    guess = guess_magnitudes(extract_features(audio, 0, FRAMES)[0])
    loudness = guess.fine.mean(1)
    assert int(loudness.argmax()) // FINE_PER_FRAME == 10
    assert loudness[: 8 * FINE_PER_FRAME].max() < loudness.max() - 3


def test_predicted_bins_have_the_phases_of_the_whole_spectrum():
    assert FINE_FIRST % (FINE.n_fft // FINE.hop) == 0
    assert FINE_FIRST + FINE_BINS < FINE.n_fft // 2
