"""Onset strength: rises of the level at any loudness and tone."""

import numpy as np

from samuel_gen.analysis.onsets import onset_strength

BANDS = 24


def note(starts: list[int], frames: int = 100) -> np.ndarray:
    """Power that rises by 30 dB in all bands at each start and falls slowly."""
    powers = np.full((frames, BANDS), 1e-3)
    for start in starts:
        decay = 10 ** (-np.arange(frames - start) / 20)
        powers[start:] = np.maximum(powers[start:], decay[:, None])
    return powers


def test_onsets_are_where_the_level_rises():
    strength = onset_strength(note([20, 60]))
    assert (strength[[20, 21, 60, 61]] > 0.9).all()
    strength[[20, 21, 60, 61]] = 0
    assert strength[2:].max() < 0.01  # neither a decay nor a steady level is an onset
    assert onset_strength(note([20])).max() <= 1


def test_neither_gain_nor_tone_matters():
    powers = note([20, 60])
    reference = onset_strength(powers)
    np.testing.assert_allclose(onset_strength(1e-4 * powers), reference, atol=1e-9)
    np.testing.assert_allclose(onset_strength(powers * np.geomspace(1, 1e-3, BANDS)), reference)


def test_silence_has_no_onsets():
    assert (onset_strength(np.zeros((50, BANDS))) == 0).all()
    assert onset_strength(np.zeros((0, BANDS))).size == 0
