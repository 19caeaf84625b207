import math

import pytest
import torch

from samuel_gen.codecs.quality import level_difference
from samuel_gen.codecs.spectral.analysis import extract_features
from samuel_gen.codecs.spectral.fine_grid import (
    FINE,
    FINE_FIRST,
    FINE_PER_FRAME,
    LogMagnitudes,
    crop_fine,
    envelope_bank,
    log_magnitude,
)
from samuel_gen.codecs.spectral.fine_synthesis import (
    FINE_SYNTHESIS,
    find_phases,
    synthesise_carrier,
)
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME, HOP_LENGTH, LOW, LOW_BINS
from samuel_gen.codecs.spectral.stereo import power

FRAMES = 24
RATE = 44_100
SAMPLES = FRAMES * HOP_LENGTH


def magnitudes(audio: torch.Tensor) -> LogMagnitudes:
    """The magnitudes that a perfect network would predict for a mono signal."""
    high = power(HIGH.analyse(audio, 0, FRAMES * HIGH_PER_FRAME))
    return LogMagnitudes(
        log_magnitude(power(LOW.analyse(audio, 0, FRAMES)[:, :LOW_BINS])),
        log_magnitude(power(crop_fine(FINE.analyse(audio, 0, FRAMES * FINE_PER_FRAME)))),
        log_magnitude(high @ envelope_bank().T),
    )


def features(audio: torch.Tensor) -> torch.Tensor:
    return extract_features(audio.expand(2, -1), 0, FRAMES)[0]


@pytest.fixture
def chord() -> torch.Tensor:
    time = torch.arange(SAMPLES) / RATE
    waves = [torch.sin(2 * math.pi * k * f * time) / k for f in (220, 277.2) for k in range(1, 20)]
    return 0.1 * torch.stack(waves).sum(0)


def test_the_band_grid_has_the_spectra_of_the_whole_signal(chord):
    whole = FINE.analyse(chord, 4, 12)
    inside = torch.zeros_like(whole)
    inside[:, FINE_FIRST + 20 : FINE_FIRST + 600] = whole[:, FINE_FIRST + 20 : FINE_FIRST + 600]
    audible = FINE.forward(FINE.inverse(inside))[4:8]
    narrow = FINE_SYNTHESIS.forward(FINE_SYNTHESIS.inverse(crop_fine(inside)))[4:8]
    torch.testing.assert_close(narrow, crop_fine(audible), atol=2e-3, rtol=0)


def test_true_magnitudes_give_back_the_sound(chord):
    spectra = find_phases(magnitudes(chord), features(chord), 0, iterations=8)
    carrier = synthesise_carrier(spectra)
    assert carrier.shape == (SAMPLES,)
    assert abs(level_difference(chord[None], carrier[None])) < 1
    found, true = magnitudes(carrier).fine, magnitudes(chord).fine
    strong = true[6:-6] > true.max() - 4
    assert (found - true)[6:-6][strong].abs().mean() < 0.3


def test_known_frames_are_continued(chord):
    predicted, values = magnitudes(chord), features(chord)
    whole = find_phases(predicted, values, 0, iterations=2)
    known = whole.slice_frames(0, 4)
    again = find_phases(predicted, values, 0, iterations=2, known=known)
    assert torch.equal(again.low[:4], known.low)
    assert torch.equal(again.fine[: 4 * FINE_PER_FRAME], known.fine)
    assert torch.equal(again.high[: len(known.high)], known.high)
