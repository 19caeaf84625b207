"""Tuning: the offset from the grid, and the agreement of the notes on it."""

import numpy as np
import pytest

from samuel_gen.analysis.tuning import estimate_tuning, tuning_confidence

NOTES = np.repeat([60.0, 64.0, 67.0, 65.0], 40)
VOICED = np.ones(NOTES.size, bool)


@pytest.mark.parametrize("offset", [-0.4, 0.0, 0.3, 0.5])
def test_the_tuning_is_the_common_offset(offset):
    assert estimate_tuning(NOTES + offset, VOICED) == pytest.approx(offset, abs=1e-6)


def test_vibrato_does_not_matter():
    vibrato = 0.5 * np.sin(2 * np.pi * np.arange(NOTES.size) / 17)
    assert estimate_tuning(NOTES + 0.2 + vibrato, VOICED) == pytest.approx(0.2, abs=0.05)


def test_unvoiced_frames_and_glides_do_not_count():
    wrong = NOTES + 0.2
    wrong[80:] += 0.25
    assert estimate_tuning(wrong, np.arange(NOTES.size) < 80) == pytest.approx(0.2, abs=1e-6)
    glide = np.linspace(50, 70, 100)  # 20 semitones in a second
    both = np.concatenate([NOTES + 0.2, glide])
    assert estimate_tuning(both, np.ones(both.size, bool)) == pytest.approx(0.2, abs=0.02)
    assert estimate_tuning(NOTES, ~VOICED) == 0 and estimate_tuning(NOTES[:5], VOICED[:5]) == 0


def pitch_classes(semitones: np.ndarray) -> np.ndarray:
    distance = (semitones - np.arange(12)[:, None] + 6) % 12 - 6
    return np.exp(-0.5 * (distance / 0.35) ** 2)


def test_confidence_is_high_on_one_grid_and_low_on_none():
    voicing = np.ones(NOTES.size, np.float32)
    assert tuning_confidence(pitch_classes(NOTES + 0.2), voicing) == pytest.approx(1.0, abs=1e-3)
    loose = np.repeat(np.random.default_rng(0).uniform(57, 72, 16), 10)
    assert tuning_confidence(pitch_classes(loose), voicing) < 0.4
    assert tuning_confidence(pitch_classes(NOTES), 0 * voicing) == 0
    assert tuning_confidence(np.zeros((12, 2)), np.ones(2)) == 0
