"""Beats, tempo and onsets of clicks whose times are known."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor

from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.evaluation.rhythm import (
    beat_f_measure,
    downbeat_f_measure,
    f_measure_of_beats,
    grid_pulse,
    onset_f_measure,
    tempo_agreement,
    tempo_octave_agreement,
    vocal_pulse,
)
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import LeadSheet
from tests.evaluation.songs import (
    BEATS,
    RATE,
    SECONDS,
    chords,
    clicks,
    make_input,
    make_sheet,
    noise,
    silence,
)

SHEET = make_sheet()
TRUE = np.array(BEATS)
ROOTS = [(0,), (9,), (5,), (7,)]


def click_input(
    accompaniment: Tensor,
    true: Tensor | None = None,
    vocal: Tensor | None = None,
    sheet: LeadSheet | None = SHEET,
) -> MetricInput:
    """An accompaniment of a song whose true accompaniment clicks on every beat."""
    return make_input(accompaniment, vocal, clicks(BEATS) if true is None else true, sheet)


@pytest.fixture(scope="module")
def true_input() -> MetricInput:
    return click_input(clicks(BEATS))


def fake_sound(**analyses: Sequence[float]) -> AnalysedSound:
    """A sound of the song's length with given analyses, such as `beats` [s]."""
    sound = AnalysedSound(silence(), RATE)
    vars(sound).update({name: np.array(times, np.float64) for name, times in analyses.items()})
    return sound


def score_beats(times: Sequence[float]) -> float:
    """The F-measure of beats at these times [s]."""
    true = fake_sound(beats=())
    return beat_f_measure(MetricInput(fake_sound(beats=times), fake_sound(), true, SHEET))


def score_onsets(times: Sequence[float]) -> float:
    """The F-measure of onsets at these times [s], where the true ones are at TRUE."""
    true = fake_sound(onsets=TRUE)
    return onset_f_measure(MetricInput(fake_sound(onsets=times), fake_sound(), true, None))


def test_beats_count_within_70_ms_either_way() -> None:
    for by in (0.0, 0.069, -0.069):
        assert score_beats(TRUE + by) == 1
    for by in (0.071, -0.071, 0.25):
        assert score_beats(TRUE + by) == 0


def test_half_and_double_tempo_earn_two_thirds() -> None:
    double = np.arange(TRUE[0], TRUE[-1] + 0.1, 0.25)
    assert score_beats(TRUE[::2]) == pytest.approx(2 * 16 / (16 + 31))
    assert score_beats(double) == pytest.approx(2 * 31 / (61 + 31))
    assert score_beats(TRUE[:16]) == score_beats(TRUE[::2])  # an accompaniment that ends half-way


def test_no_beat_is_matched_twice_and_none_at_the_start_is_left_out() -> None:
    assert f_measure_of_beats(TRUE, np.sort([*TRUE, *(TRUE + 0.02)])) == pytest.approx(2 / 3)
    assert f_measure_of_beats(TRUE, TRUE[TRUE > 5]) < 0.9


def test_beats_beyond_the_true_ones_do_not_count() -> None:
    inner = TRUE[4:-4]
    assert f_measure_of_beats(inner, TRUE) == 1
    assert f_measure_of_beats(inner, TRUE[:4]) == f_measure_of_beats(inner, TRUE[-4:]) == 0


def test_downbeats_are_compared_with_the_first_beats_of_the_bars() -> None:
    true = fake_sound()
    for first, found in ((0, 1), (1, 0)):
        fake = fake_sound(beats=TRUE, downbeats=TRUE[first::4])
        assert downbeat_f_measure(MetricInput(fake, true, true, SHEET)) == found
        assert downbeat_f_measure(MetricInput(fake, true, fake)) == 1  # those of the true one


def test_beats_of_clicks(true_input: MetricInput) -> None:
    assert beat_f_measure(true_input) > 0.95
    near, far = (beat_f_measure(click_input(clicks(TRUE[:-1] + by))) for by in (0.05, 0.15))
    assert near > 0.9 and far < 0.1
    assert (
        beat_f_measure(click_input(clicks(TRUE[:-1] + 0.15), clicks(TRUE[:-1] + 0.15), None, None))
        == 1
    )
    half = click_input(clicks(BEATS)[:, : round(SECONDS / 2 * RATE)])
    assert beat_f_measure(half) == pytest.approx(2 / 3, abs=0.05)


@pytest.mark.parametrize(
    ("multiple", "tempo", "octaves"),
    [
        (1, 1, 1),
        (0.965, 1, 1),
        (1.035, 1, 1),
        (0.95, 0, 0),
        (1.06, 0, 0),
        *((by, 0, 1) for by in (1 / 3, 0.5, 2, 1.95, 2.05)),
        *((by, 0, 0) for by in (0.26, 2 / 3, 1.5, 1.85)),
    ],
)
def test_tempo_within_4_percent_and_its_octaves(
    multiple: float, tempo: int, octaves: int, true_input: MetricInput
) -> None:
    """The accompaniment has 120 BPM, the sheet more or less."""
    beats = tuple(np.arange(8) * 0.5 / multiple)
    other = replace(true_input, lead_sheet=replace(SHEET, beats=beats))
    assert (tempo_agreement(other), tempo_octave_agreement(other)) == (tempo, octaves)


def test_a_third_of_the_tempo_is_an_octave_and_a_quarter_is_not() -> None:
    sheet = replace(SHEET, beats=tuple(np.arange(60) / 4))
    for tempo, octaves in ((80, 1), (60, 0)):
        fake = fake_sound(beats=np.arange(0.5, 15, 60 / tempo))
        assert tempo_octave_agreement(MetricInput(fake, fake, fake, sheet)) == octaves


def test_without_a_sheet_the_tempo_is_the_true_accompaniments(true_input: MetricInput) -> None:
    slow = clicks(np.arange(0.5, SECONDS, 60 / 95))
    assert tempo_agreement(click_input(slow, slow, sheet=None)) == 1
    assert tempo_agreement(click_input(slow, sheet=None)) == 0
    assert tempo_agreement(replace(true_input, lead_sheet=None)) == 1


def test_onsets_count_within_50_ms_each_once() -> None:
    for by, found in ((0.0, 1), (0.049, 1), (-0.049, 1), (0.051, 0), (-0.051, 0)):
        assert score_onsets(TRUE + by) == found
    assert score_onsets(TRUE[:10]) == pytest.approx(2 * 10 / 41)
    assert score_onsets(np.sort([*TRUE, *(TRUE + 0.02)])) == pytest.approx(2 / 3)


def test_onsets_of_clicks(true_input: MetricInput) -> None:
    assert onset_f_measure(true_input) == 1
    near, far = (onset_f_measure(click_input(clicks(TRUE[:-1] + by))) for by in (0.03, 0.12))
    assert near > 0.9 and far < 0.1
    assert onset_f_measure(click_input(clicks(BEATS[::2]))) == pytest.approx(2 / 3, abs=0.05)
    ended = click_input(clicks(BEATS)[:, : round(SECONDS / 2 * RATE)])
    assert onset_f_measure(ended) == pytest.approx(2 / 3, abs=0.05)


def test_grid_pulse_is_high_on_the_eighths() -> None:
    eighths = np.arange(0.5, SECONDS - 0.5, 0.25)
    on, off = (grid_pulse(click_input(clicks(eighths + by))) for by in (0, 0.125))
    assert on > 0.6 and off < 0
    early, late = (grid_pulse(click_input(clicks(eighths + by))) for by in (-0.04, 0.025))
    assert early == pytest.approx(late, abs=0.15) and 0.2 < early < on
    assert grid_pulse(click_input(noise())) == pytest.approx(0, abs=0.1)
    assert 0.3 < grid_pulse(click_input(clicks(eighths[::2]))) < on - 0.1  # beats alone


def test_a_beat_of_12_8_has_three_eighths() -> None:
    thirds = click_input(clicks(np.arange(0.5, SECONDS - 0.5, 1 / 6)))
    compound = replace(thirds, lead_sheet=replace(SHEET, meter=Meter(12, 8)))
    assert grid_pulse(compound) > 0.5 > grid_pulse(thirds) + 0.2


def test_the_grid_follows_a_changing_tempo() -> None:
    beats = np.cumsum(np.linspace(0.6, 0.4, 30))
    accompaniment = clicks(np.sort([*beats, *(beats[:-1] + beats[1:]) / 2]))
    bent = click_input(accompaniment, sheet=replace(SHEET, beats=tuple(beats)))
    assert grid_pulse(bent) > 0.6 > 0.2 > grid_pulse(click_input(accompaniment))


def test_after_its_end_an_accompaniment_has_no_onsets(true_input: MetricInput) -> None:
    parts = [
        true_input.accompaniment.sound[:, : round(share * SECONDS * RATE)]
        for share in (1, 0.5, 0.1)
    ]
    whole, half, tenth = (grid_pulse(click_input(part)) for part in parts)
    assert whole > half + 0.1 and half > tenth + 0.1
    assert half == pytest.approx(grid_pulse(click_input(pad_with_silence(parts[1]))), abs=1e-3)
    assert grid_pulse(click_input(true_input.accompaniment.sound[:, : RATE // 4])) == 0


def pad_with_silence(sound: Tensor) -> Tensor:
    whole = silence()
    whole[:, : sound.shape[1]] = sound
    return whole


def test_vocal_pulse_is_high_at_the_sung_onsets() -> None:
    """The vocal sings the root of each chord, together with the chord."""
    vocal = chords(0, ROOTS)
    late = chords().roll(round(0.4 * RATE), dims=1)
    assert (
        vocal_pulse(click_input(chords(), vocal=vocal))
        > 0.5
        > vocal_pulse(click_input(late, vocal=vocal))
    )
    assert vocal_pulse(click_input(late, vocal=vocal)) < 0


def test_silence_scores_0_and_an_unknown_truth_is_nan() -> None:
    metrics = (
        beat_f_measure,
        downbeat_f_measure,
        tempo_agreement,
        tempo_octave_agreement,
        onset_f_measure,
        grid_pulse,
        vocal_pulse,
    )
    mute = click_input(silence(), vocal=chords(0, ROOTS))
    assert [metric(mute) for metric in metrics] == [0.0] * 7
    unknown = click_input(clicks(BEATS), true=silence(), sheet=None)
    assert all(math.isnan(metric(unknown)) for metric in metrics)
    one_beat = click_input(clicks(BEATS), sheet=replace(SHEET, beats=(15.0, 17.0)))
    assert math.isnan(grid_pulse(one_beat))
