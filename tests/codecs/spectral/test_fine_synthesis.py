import torch

from samuel_gen.codecs.quality import level_difference
from samuel_gen.codecs.spectral.fine_grid import (
    FINE,
    FINE_FIRST,
    FINE_PER_FRAME,
    crop_fine,
)
from samuel_gen.codecs.spectral.fine_synthesis import (
    FINE_SYNTHESIS,
    find_phases,
    synthesise_carrier,
)
from samuel_gen.codecs.spectral.grid import HOP_LENGTH

FRAMES = 24
RATE = 44_100
SAMPLES = FRAMES * HOP_LENGTH


def test_the_band_grid_has_the_spectra_of_the_whole_signal(chord):
    whole = FINE.analyse(chord, 4, 12)
    inside = torch.zeros_like(whole)
    inside[:, FINE_FIRST + 20 : FINE_FIRST + 600] = whole[:, FINE_FIRST + 20 : FINE_FIRST + 600]
    audible = FINE.forward(FINE.inverse(inside))[4:8]
    narrow = FINE_SYNTHESIS.forward(FINE_SYNTHESIS.inverse(crop_fine(inside)))[4:8]
    torch.testing.assert_close(narrow, crop_fine(audible), atol=2e-3, rtol=0)


def test_true_magnitudes_give_back_the_sound(chord, magnitudes, features):
    spectra = find_phases(magnitudes(chord), features(chord), 0, iterations=8)
    carrier = synthesise_carrier(spectra)
    assert carrier.shape == (SAMPLES,)
    assert abs(level_difference(chord[None], carrier[None])) < 1
    found, true = magnitudes(carrier).fine, magnitudes(chord).fine
    strong = true[6:-6] > true.max() - 4
    assert (found - true)[6:-6][strong].abs().mean() < 0.3


def test_known_frames_are_continued(chord, magnitudes, features):
    predicted, values = magnitudes(chord), features(chord)
    whole = find_phases(predicted, values, 0, iterations=2)
    known = whole.slice_frames(0, 4)
    again = find_phases(predicted, values, 0, iterations=2, known=known)
    assert torch.equal(again.low[:4], known.low)
    assert torch.equal(again.fine[: 4 * FINE_PER_FRAME], known.fine)
    assert torch.equal(again.high[: len(known.high)], known.high)
