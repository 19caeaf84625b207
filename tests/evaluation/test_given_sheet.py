"""Adherence to a given sheet: chords, beats, lateness and drift of sounds that are known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor

from samuel_gen.evaluation.given_sheet import (
    given_beat_f_measure,
    given_chord_share,
    given_downbeat_f_measure,
    given_drift,
    onset_shift,
)
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import LeadSheet
from tests.evaluation.songs import BEATS, chords, clicks, make_input, make_sheet, silence

METRICS = (
    given_chord_share,
    given_beat_f_measure,
    given_downbeat_f_measure,
    onset_shift,
    given_drift,
)
TIMES = np.array(BEATS)


def given(sound: Tensor, sheet: LeadSheet | None) -> MetricInput:
    """An accompaniment of a song whose own sheet is another one."""
    other = replace(make_sheet("F#"), beats=tuple(TIMES + 0.25))
    return replace(make_input(sound, true=sound, sheet=other), given_sheet=sheet)


def test_chords_are_compared_with_the_given_ones() -> None:
    assert given_chord_share(given(chords(), make_sheet())) > 0.9
    assert given_chord_share(given(chords(), make_sheet("F#"))) < 0.3


def test_beats_are_compared_with_the_given_ones() -> None:
    sheet = make_sheet()
    moved = replace(sheet, beats=tuple(TIMES + 0.25))
    assert given_beat_f_measure(given(clicks(BEATS), sheet)) > 0.95
    assert given_beat_f_measure(given(clicks(BEATS), moved)) < 0.1


@pytest.mark.parametrize("late", [-0.03, 0.0, 0.04])
def test_the_shift_is_the_lateness_of_the_onsets(late: float) -> None:
    eighths = np.arange(0.5, 15.5, 0.25)
    on_time, shifted = (
        onset_shift(given(clicks(eighths + by), make_sheet())) for by in (0.0, late)
    )
    assert abs(on_time) < 15
    assert shifted - on_time == pytest.approx(1000 * late, abs=6)  # half a frame of the detector


def test_a_compound_beat_has_three_eighths() -> None:
    thirds = clicks(np.arange(0.5, 15.5, 1 / 6))
    compound = replace(make_sheet(), meter=Meter(12, 8))
    assert abs(onset_shift(given(thirds + clicks(TIMES), compound))) < 15


def test_the_drift_of_a_slower_accompaniment() -> None:
    slower = np.linspace(0.5, 15.7, TIMES.size)
    assert given_drift(given(clicks(TIMES), make_sheet())) < 6
    assert given_drift(given(clicks(slower), make_sheet())) == pytest.approx(200, abs=10)


def test_without_a_given_sheet_every_metric_is_nan() -> None:
    assert all(math.isnan(metric(given(clicks(BEATS), None))) for metric in METRICS)
    mute = given(silence(), make_sheet())
    assert [metric(mute) for metric in METRICS[:3]] == [0.0] * 3
    assert all(math.isnan(metric(mute)) for metric in METRICS[3:])
