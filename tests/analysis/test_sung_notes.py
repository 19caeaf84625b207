from collections.abc import Callable

import numpy as np
import pytest
from torch import Tensor

from samuel_gen.analysis.melody import analyse_vocal_frames
from samuel_gen.analysis.onsets import onset_strength
from samuel_gen.analysis.sung_notes import segment_notes

FRAME = 512 / 44_100


def track(pitches: list[float], seconds: float = 0.5) -> np.ndarray:
    """A pitch track of equally long notes; NaN is a rest. Vibrato of 0.4 semitones."""
    frames = round(seconds / FRAME)
    time = np.arange(frames * len(pitches)) * FRAME
    semitones = np.repeat(pitches, frames) + 0.4 * np.sin(2 * np.pi * 5.5 * time)
    return np.nan_to_num(440 * 2 ** ((semitones - 69) / 12))


def test_notes_are_found_where_they_are_sung() -> None:
    pitches = [60, 62, 64, float("nan"), 65, 67]
    frequency = track(pitches)
    notes = segment_notes(frequency, np.zeros(frequency.size), FRAME)
    assert [note.pitch for note in notes] == [60, 62, 64, 65, 67]
    length = round(0.5 / FRAME) * FRAME
    expected = [length * at for at in (0, 1, 2, 4, 5)]
    assert np.allclose([note.start for note in notes], expected, atol=0.08)
    assert all(note.stop > note.start for note in notes)


def test_notes_are_relative_to_the_tuning() -> None:
    frequency = track([60, 64]) * 2 ** (45 / 1200)
    for shift in (0.0, 45.0):
        notes = segment_notes(
            frequency * 2 ** (shift / 1200), np.zeros(frequency.size), FRAME, 45 + shift
        )
        assert [note.pitch for note in notes] == [60, 64]


def test_a_syllable_on_the_same_pitch_is_a_note_of_its_own() -> None:
    frequency = track([60], 2.0)
    onsets = np.zeros(frequency.size)
    onsets[frequency.size // 2] = 1.0
    first, second = segment_notes(frequency, onsets, FRAME)
    assert first.pitch == second.pitch == 60 and first.stop == second.start


def test_silence_has_no_notes() -> None:
    assert segment_notes(np.zeros(100), np.zeros(100), FRAME) == []


def test_the_notes_of_a_sung_tune(sing: Callable[..., Tensor]) -> None:
    tune = [60, 64, 67, 65, 64, 62, 60]
    frequency, bands = analyse_vocal_frames([sing(tune, noise=0.0)], 44_100, 2048)
    notes = segment_notes(frequency, onset_strength(bands), FRAME)
    assert [note.pitch for note in notes] == pytest.approx(tune)
