from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.lead_sheet.chart import apply_chart, parse_chart
from samuel_gen.lead_sheet.frames import beat_frames, chord_frames
from samuel_gen.lead_sheet.meter import FOUR_FOUR
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats

FRAME = 2048 / 44100


@pytest.fixture
def sheet() -> LeadSheet:
    plain = LeadSheet(steady_beats(100, 0.3, 20))
    return replace(plain, chords=apply_chart(plain, parse_chart("Dm | G7/B | C | N.C.", FOUR_FOUR)))


def test_chord_rows_are_the_tones_and_the_bass(sheet: LeadSheet) -> None:
    frames = chord_frames(sheet, 300, FRAME)
    at = int(sheet.time_at(5.5) / FRAME)
    assert set(np.flatnonzero(frames[:12, at])) == {7, 11, 2, 5}
    assert list(np.flatnonzero(frames[12:, at])) == [11]
    assert not frames[:, int(sheet.time_at(13.5) / FRAME)].any()


def test_chord_frames_move_with_the_chords_and_with_nothing_else(sheet: LeadSheet) -> None:
    frames = chord_frames(sheet, 300, FRAME)
    others = replace(sheet, key=None, style="waltz", first_position=2)
    assert np.array_equal(chord_frames(others, 300, FRAME), frames)
    later = replace(
        sheet, chords=tuple(ChordChange(each.beat + 1, each.chord) for each in sheet.chords)
    )
    moved = chord_frames(later, 300, FRAME)
    shift = 0.6 / FRAME  # a beat at 100
    assert (
        np.abs(moved[:, 60:200] - frames[:, 60 - round(shift) : 200 - round(shift)]).mean() < 0.02
    )
    assert np.array_equal(beat_frames(later, 300, FRAME), beat_frames(sheet, 300, FRAME))


def test_transposing_turns_the_rows(sheet: LeadSheet) -> None:
    frames, moved = (chord_frames(each, 300, FRAME) for each in (sheet, sheet.transpose(5)))
    assert np.array_equal(np.roll(frames[:12], 5, axis=0), moved[:12])
    assert np.array_equal(np.roll(frames[12:], 5, axis=0), moved[12:])


def test_pulses_stand_on_the_beats(sheet: LeadSheet) -> None:
    frames = beat_frames(sheet, 300, FRAME)
    for beat, position in zip(sheet.beats[:20], sheet.positions, strict=False):
        at = int(beat / FRAME)
        assert frames[0, max(0, at - 1) : at + 2].max() > 0.8
        assert (frames[1, at] > 0.5) == (position == 1)
    between = int((sheet.beats[3] + sheet.beats[4]) / 2 / FRAME)
    assert frames[0, between] < 1e-3


def test_phases_turn_once_a_beat_and_once_a_bar(sheet: LeadSheet) -> None:
    frames = beat_frames(sheet, 300, FRAME)
    for rows, period in ((frames[2:4], 0.6), (frames[4:6], 2.4)):
        assert np.allclose((rows**2).sum(0), 1, atol=1e-5)
        turned = np.unwrap(np.arctan2(rows[0], rows[1]))
        assert np.allclose(np.diff(turned), 2 * np.pi * FRAME / period, atol=1e-3)


def test_half_a_beat_later_is_half_a_beat_later(sheet: LeadSheet) -> None:
    later = beat_frames(sheet.shift(0.3), 300, FRAME)
    frames = beat_frames(sheet, 300, FRAME)
    assert np.allclose(later[2:4, 20:], -frames[2:4, 20:], atol=1e-2)


def test_a_sheet_without_chords_has_empty_chord_frames(sheet: LeadSheet) -> None:
    assert not chord_frames(replace(sheet, chords=()), 50, FRAME).any()
