"""Known answers of the harmonisation metrics."""

import numpy as np
import pytest

from samuel_gen.estimation_fitting.chord_metrics import (
    chord_tones,
    compare_chords,
    describe_fit,
    describe_progression,
    energy_share,
    find_notes,
)
from samuel_gen.lead_sheet.chart import parse_chart
from samuel_gen.lead_sheet.meter import FOUR_FOUR
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats

FRAME_SECONDS = 0.05


def sheet_of(chart: str) -> LeadSheet:
    """A chart at 120 beats a minute: a bar lasts 2 s."""
    parsed = parse_chart(chart, FOUR_FOUR)
    return LeadSheet(steady_beats(120, 0, parsed.beats / 2 - 0.1), chords=parsed.changes)


def melody_of(*pitch_classes: int) -> np.ndarray:
    """Notes of half a second."""
    return np.repeat(np.eye(12)[list(pitch_classes)].T, 10, axis=1)


def test_the_true_chords_agree_fully_whatever_their_colour() -> None:
    sheet = sheet_of("C | Am | F | G7")
    assert compare_chords(sheet, sheet, 8) == (1, 1)
    assert compare_chords(sheet_of("Cmaj7 | Am7 | F6 | G"), sheet, 8) == (1, 1)


def test_agreement_is_a_share_of_time() -> None:
    true = sheet_of("C | Am | F | G")
    assert compare_chords(sheet_of("C | A | F | G"), true, 8) == pytest.approx((1, 0.75))
    assert compare_chords(sheet_of("C | C | F | G"), true, 8) == pytest.approx((0.75, 0.75))
    assert compare_chords(sheet_of("C | Am | F | G"), true, 4) == (1, 1)


def test_time_without_a_true_chord_does_not_count() -> None:
    assert compare_chords(sheet_of("C | F"), sheet_of("N.C. | F"), 4) == (1, 1)


def test_energy_on_chord_tones() -> None:
    sheet = sheet_of("C | N.C.")
    frames = melody_of(0, 0, 4, 1, 2, 2, 2, 2)
    assert energy_share(frames, FRAME_SECONDS, sheet) == pytest.approx(0.75)
    assert energy_share(np.ones((12, 40)), FRAME_SECONDS, sheet) == pytest.approx(0.25)
    assert energy_share(np.zeros((12, 40)), FRAME_SECONDS, sheet) == 0


def test_notes_are_runs_of_one_pitch_class() -> None:
    frames = melody_of(0, 4, 4, 7)
    frames[:, 35:] = 0
    assert find_notes(frames) == [(0, 10, 0), (10, 30, 4), (30, 35, 7)]


def test_chord_tones_fit_best() -> None:
    tones = chord_tones(sheet_of("C"), 40, FRAME_SECONDS)
    ratio, consonance, distance = describe_fit(find_notes(melody_of(0, 4, 7, 0)), tones)
    others = describe_fit(find_notes(melody_of(1, 6, 10, 3)), tones)
    assert ratio == 1 and others[0] == 0
    assert consonance > others[1] and distance < others[2]


def test_a_passing_note_counts_as_proper() -> None:
    tones = chord_tones(sheet_of("C"), 40, FRAME_SECONDS)
    passing, leap = (
        describe_fit(find_notes(melody_of(0, 2, next_one, 0)), tones)[0] for next_one in (4, 7)
    )
    assert (passing, leap) == (1, 0.75)


def test_a_progression_is_described_by_its_histogram_and_its_steps() -> None:
    entropy, count, step = describe_progression(sheet_of("C | F | C | F"))
    assert entropy == pytest.approx(np.log(2)) and count == 2
    near, far = (describe_progression(sheet_of(chart))[2] for chart in ("C | Am", "C | F#"))
    assert 0 < near < far
    assert describe_progression(sheet_of("C")) == (0, 1, 0)
