from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.estimation.given import GivenSheet, parse_given
from samuel_gen.estimation.placing import correct_sheet, cover_times, place_beats
from samuel_gen.lead_sheet.beat_list import BeatList
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.lead_sheet.text import parse_lead_sheet

SHEET = parse_lead_sheet("tempo: 60\nbar 1 at: 2 s\npickup: 1 beats\n\n| G | C | F | G | C |\n")


def correct(seconds: float = 20.0, **given: object) -> LeadSheet:
    return correct_sheet(parse_given(lead_sheet=SHEET, **given), seconds)  # type: ignore[arg-type]


def test_a_sheet_without_corrections_is_kept() -> None:
    assert correct() == SHEET


def test_a_tempo_keeps_bar_1_and_the_chords_on_their_beats() -> None:
    faster = correct(tempo="120")
    assert faster.downbeats[0] == 2.0 and faster.tempo == pytest.approx(120)
    assert faster.chords == SHEET.chords


def test_twice_and_half_keep_the_chords_at_their_times() -> None:
    for tempo in ("x2", "/2"):
        other = correct(tempo=tempo)
        assert 2.0 in other.downbeats
        for time in (2.5, 6.5, 10.5, 14.5):
            place, own = (float(each.beat_at(np.array([time]))[0]) for each in (other, SHEET))
            assert other.chord_at(place) == SHEET.chord_at(own)


def test_bar_1_moves_the_whole_sheet() -> None:
    assert correct(bar_1_at=3.25) == SHEET.shift(1.25)


def test_another_meter_keeps_the_first_downbeat() -> None:
    waltz = correct(meter="3/4")
    assert waltz.downbeats[:2] == (2.0, 5.0) and waltz.beats == SHEET.beats


def test_other_beats_keep_the_chords_from_bar_1_on() -> None:
    beats = tuple(float(beat) for beat in 0.5 + np.cumsum(np.linspace(0.6, 0.9, 30)))
    given = replace(parse_given(lead_sheet=SHEET), beats=BeatList(beats, downbeat=3))
    placed = correct_sheet(given, 20.0)
    first = placed.beats.index(round(beats[3], 4))
    assert placed.positions[first] == 1 and set(np.round(beats[:20], 4)) <= set(placed.beats)
    for beat in range(16):
        assert placed.chord_at(first + beat) == SHEET.chord_at(1 + beat)


def test_a_sheet_that_begins_after_the_end_is_refused() -> None:
    with pytest.raises(SamuelError, match="begins at 1.00 s, but the recording ends at 0.90 s"):
        correct(0.9)


def test_beats_with_a_downbeat_need_no_estimate() -> None:
    beats = BeatList((3.0, 3.5, 4.0, 4.5, 5.0, 5.5), downbeat=1)
    sheet = place_beats(GivenSheet(beats=beats), 10.0)
    assert sheet is not None and sheet.beats[0] == 0.0 and 10.0 <= sheet.beats[-1] < 10.5
    assert 3.5 in sheet.downbeats and set(beats.times) <= set(sheet.beats)
    assert place_beats(GivenSheet(beats=replace(beats, downbeat=None)), 10.0) is None
    at = place_beats(GivenSheet(beats=replace(beats, downbeat=None), bar_1_at=4.02), 10.0)
    assert at is not None and 4.0 in at.downbeats
    with pytest.raises(SamuelError, match="no beat is there, the nearest is at 4.00 s"):
        place_beats(GivenSheet(beats=beats, bar_1_at=4.2), 10.0)


def test_beats_after_the_end_are_left_out() -> None:
    beats = BeatList(tuple(float(beat) for beat in range(100)), downbeat=0)
    assert cover_times(beats, 10.2) == tuple(float(beat) for beat in range(12))
    with pytest.raises(SamuelError, match="the first beat is at 0.00 s"):
        cover_times(beats, 0.0)
