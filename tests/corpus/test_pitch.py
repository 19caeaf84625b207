from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus.pitch import CONTROL_HOP, are_linked, draw_pitch_curve
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.singers import Singer

RATE = 44100
EXACT = Singer(
    "exact", 50, 65, 1.0, vibrato_cents=0.0, scoop=0.0, intonation_cents=0.0, jitter_cents=0.0
)
"""A singer whose only deviation is a drift of at most 10 cents."""


def _draw(singer: Singer, *notes: Note, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the times [s] and the pitch curve of three seconds."""
    count = 3 * RATE // CONTROL_HOP
    curve = draw_pitch_curve(notes, singer, count, RATE, np.random.default_rng(seed))
    return np.arange(count) * CONTROL_HOP / RATE, curve


def test_exact_singer_holds_the_notes():
    times, curve = _draw(EXACT, Note(0.2, 1.0, 60), Note(1.0, 2.0, 64))
    assert np.abs(curve[(times > 0.2) & (times < 0.9)] - 60).max() < 0.11
    assert np.abs(curve[(times > 1.1) & (times < 2.0)] - 64).max() < 0.11


def test_linked_notes_glide():
    slow = replace(EXACT, glide=0.2)
    times, curve = _draw(slow, Note(0.2, 1.0, 60), Note(1.0, 2.0, 64))
    assert 60.5 < np.interp(1.0, times, curve) < 63.5
    times, curve = _draw(slow, Note(0.2, 0.8, 60), Note(1.0, 2.0, 64))
    assert np.interp(1.0, times, curve) == pytest.approx(64, abs=0.11)


def test_tuning_shifts_the_curve_and_nothing_else():
    notes = (Note(0.2, 1.0, 60), Note(1.0, 2.0, 64))
    _, plain = _draw(EXACT, *notes)
    _, sharp = _draw(replace(EXACT, tuning_cents=30.0), *notes)
    assert np.allclose(sharp - plain, 0.3)


def test_scoops_start_below_the_note():
    times, curve = _draw(replace(EXACT, scoop=1.0), Note(0.5, 2.5, 60))
    assert np.interp(0.48, times, curve) < 59.6
    assert np.interp(1.0, times, curve) == pytest.approx(60, abs=0.11)


def test_vibrato_has_its_rate_and_depth_on_long_notes_only():
    singer = replace(EXACT, vibrato_cents=50.0, vibrato_hz=6.0, vibrato_delay=0.2)
    times, curve = _draw(singer, Note(0.1, 2.9, 60))
    held = curve[(times > 1.0) & (times < 2.0)]
    assert np.ptp(held) == pytest.approx(1.0, abs=0.2)
    assert (np.diff(np.sign(held - held.mean())) > 0).sum() in (5, 6, 7)
    times, curve = _draw(singer, Note(0.5, 0.7, 60))
    assert np.ptp(curve[(times > 0.5) & (times < 0.7)]) < 0.2


def test_notes_are_linked_across_short_gaps():
    assert are_linked(Note(0.0, 1.0, 60), Note(1.05, 2.0, 60))
    assert not are_linked(Note(0.0, 1.0, 60), Note(1.2, 2.0, 60))
