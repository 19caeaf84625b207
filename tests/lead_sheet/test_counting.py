import numpy as np
import pytest

from samuel_gen.lead_sheet.chart import apply_chart, parse_chart
from samuel_gen.lead_sheet.counting import (
    count_from,
    count_steadily,
    cover,
    cut_start,
    double_time,
    first_downbeat,
    half_time,
    snap_tempo,
)
from samuel_gen.lead_sheet.meter import FOUR_FOUR, parse_meter
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.lead_sheet.text import format_lead_sheet


@pytest.fixture(params=[1, 2, 3, 4])
def sheet(request: pytest.FixtureRequest) -> LeadSheet:
    beats = tuple(float(beat) for beat in 0.2 + np.cumsum(np.linspace(0.4, 0.6, 33)))
    plain = LeadSheet(beats, request.param)
    chart = parse_chart("Dm | Gm C | F | A7", FOUR_FOUR)
    return LeadSheet(beats, request.param, chords=apply_chart(plain, chart))


def chord_times(sheet: LeadSheet) -> list[tuple[str, float]]:
    return [(str(each.chord), sheet.time_at(each.beat)) for each in sheet.chords]


def test_double_time_keeps_the_chords_and_the_first_downbeat(sheet: LeadSheet) -> None:
    double = double_time(sheet)
    assert double.beats[::2] == sheet.beats and double.tempo == pytest.approx(2 * sheet.tempo)
    assert double.time_at(first_downbeat(double)) in (sheet.downbeats[0], double.downbeats[0])
    assert sheet.downbeats[0] in double.downbeats
    for (name, time), (same, later) in zip(chord_times(sheet), chord_times(double), strict=True):
        assert name == same and time == pytest.approx(later, abs=1e-3)


def test_half_time_is_the_inverse_of_double_time(sheet: LeadSheet) -> None:
    again = half_time(double_time(sheet))
    assert again.beats == sheet.beats and again.chords == sheet.chords
    assert (again.first_position - sheet.first_position) % 2 == 0


def test_half_time_keeps_the_chords_and_the_first_downbeat(sheet: LeadSheet) -> None:
    half = half_time(sheet)
    assert half.tempo == pytest.approx(sheet.tempo / 2, rel=0.02)
    assert sheet.downbeats[0] in half.downbeats
    before = [each for each in chord_times(sheet) if each[1] > half.beats[0] - 1e-3]
    for (name, time), (same, later) in zip(before, chord_times(half)[-len(before) :], strict=True):
        assert name == same and time == pytest.approx(later, abs=1e-3)


def test_a_bar_may_begin_on_any_beat(sheet: LeadSheet) -> None:
    counted = count_from(sheet, 5, parse_meter("3/4"))
    assert counted.beats[5] in counted.downbeats and counted.beats[8] in counted.downbeats
    assert counted.beats == sheet.beats and counted.chords == sheet.chords


def test_a_steady_tempo_keeps_bar_1(sheet: LeadSheet) -> None:
    steady = count_steadily(sheet, 92)
    assert np.allclose(np.diff(steady.beats), 60 / 92, atol=2e-4)
    assert steady.downbeats[0] == pytest.approx(sheet.downbeats[0], abs=1e-4)
    assert len(steady.beats) == len(sheet.beats) and steady.chords == sheet.chords


def test_covering_adds_beats_on_both_sides_and_keeps_the_others() -> None:
    sheet = LeadSheet((5.0, 5.5, 6.0, 6.5, 7.0, 7.6, 8.2, 8.8, 9.4), 2)
    whole = cover(sheet, 20.0)
    assert whole.beats[0] == 0.0 and whole.beats[10:19] == sheet.beats
    assert set(sheet.downbeats) <= set(whole.downbeats)
    assert 20.0 <= whole.beats[-1] < 20.6
    assert np.allclose(np.diff(whole.beats[:10]), 0.5) and np.allclose(
        np.diff(whole.beats[18:]), 0.6
    )
    assert cover(whole, 20.0) == whole


@pytest.mark.parametrize("first_position", [1, 3])
def test_a_snapped_tempo_is_short_and_hardly_moves_the_beats(first_position: int) -> None:
    beats = tuple(float(0.4127 + at * 60 / 92.0004) for at in range(260))
    sheet = LeadSheet(beats, first_position)
    snapped = snap_tempo(sheet)
    assert "tempo: 92\n" in format_lead_sheet(snapped)
    assert np.abs(np.array(snapped.beats) - np.array(beats)).max() < 0.003
    anchored = snap_tempo(sheet, anchor=float(beats[40]))
    assert anchored.beats[40] == pytest.approx(beats[40], abs=1.01e-4)
    odd = snap_tempo(LeadSheet(tuple(float(at * 60 / 92.37) for at in range(260))))
    assert "tempo: 92.37\n" in format_lead_sheet(odd)


def test_a_drifting_tempo_is_left_alone(sheet: LeadSheet) -> None:
    assert snap_tempo(sheet) == sheet


def test_what_is_before_the_recording_is_left_out(sheet: LeadSheet) -> None:
    cut = cut_start(sheet.shift(-3.0))
    assert cut.beats[0] >= 0 and cut.beats == tuple(
        beat for beat in sheet.shift(-3.0).beats if beat >= 0
    )
    assert set(cut.downbeats) == {beat for beat in sheet.shift(-3.0).downbeats if beat >= 0}
    for time in (0.6, 2.1, 5.3):
        places = (float(each.beat_at(np.array([time]))[0]) for each in (cut, sheet.shift(-3.0)))
        assert cut.chord_at(next(places)) == sheet.chord_at(next(places))
    assert cut_start(sheet) == sheet
