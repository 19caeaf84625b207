"""Beats, tempo and onsets of clicks whose times are known."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor

from samuel_gen.corpus.score import Score
from samuel_gen.evaluation.clip import Clip, Heard
from samuel_gen.evaluation.rhythm import (
    beat_f_measure,
    f_measure_of_beats,
    grid_pulse,
    onset_f_measure,
    tempo_agreement,
    tempo_octave_agreement,
    voice_pulse,
)
from tests.evaluation.songs import BEATS, RATE, SECONDS, chords, clicks, noise, score, silence

KNOWN = score()
TRUE = np.array(BEATS)
ROOTS = [(0,), (9,), (5,), (7,)]


def clip(
    band: Tensor,
    true: Tensor | None = None,
    vocal: Tensor | None = None,
    truth: Score | None = KNOWN,
) -> Clip:
    vocal = silence() if vocal is None else vocal
    return Clip.of(band, vocal, clicks(BEATS) if true is None else true, RATE, truth)


@pytest.fixture(scope="module")
def right() -> Clip:
    return clip(clicks(BEATS))


def told(**found: Sequence[float]) -> Heard:
    """A sound of the song's length in which these times [s] are found."""
    heard = Heard(silence(), RATE)
    vars(heard).update({name: np.array(times, np.float64) for name, times in found.items()})
    return heard


def beats_found(times: Sequence[float], truth: Score | None = KNOWN) -> float:
    return beat_f_measure(Clip(told(beats=times), told(), told(beats=()), truth))


def onsets_found(times: Sequence[float]) -> float:
    return onset_f_measure(Clip(told(onsets=times), told(), told(onsets=TRUE), None))


def test_beats_count_within_70_ms_either_way() -> None:
    for by in (0.0, 0.069, -0.069):
        assert beats_found(TRUE + by) == 1
    for by in (0.071, -0.071, 0.25):
        assert beats_found(TRUE + by) == 0


def test_half_and_double_tempo_earn_two_thirds() -> None:
    double = np.arange(TRUE[0], TRUE[-1] + 0.1, 0.25)
    assert beats_found(TRUE[::2]) == pytest.approx(2 * 16 / (16 + 31))
    assert beats_found(double) == pytest.approx(2 * 31 / (61 + 31))
    assert beats_found(TRUE[:16]) == beats_found(TRUE[::2])  # a band that ends half-way


def test_no_beat_is_matched_twice_and_none_at_the_start_is_left_out() -> None:
    assert f_measure_of_beats(TRUE, np.sort([*TRUE, *(TRUE + 0.02)])) == pytest.approx(2 / 3)
    assert f_measure_of_beats(TRUE, TRUE[TRUE > 5]) < 0.9


def test_beats_of_sounds(right: Clip) -> None:
    assert beat_f_measure(right) > 0.95
    near, far = (beat_f_measure(clip(clicks(TRUE[:-1] + by))) for by in (0.05, 0.15))
    assert near > 0.9 and far < 0.1
    assert beat_f_measure(clip(clicks(TRUE[:-1] + 0.15), clicks(TRUE[:-1] + 0.15), None, None)) == 1
    half = clip(clicks(BEATS)[:, : round(SECONDS / 2 * RATE)])
    assert beat_f_measure(half) == pytest.approx(2 / 3, abs=0.05)


@pytest.mark.parametrize(
    ("multiple", "tempo", "octaves"),
    [
        (1, 1, 1),
        (0.965, 1, 1),
        (1.035, 1, 1),
        (0.95, 0, 0),
        (1.06, 0, 0),
        *((by, 0, 1) for by in (1 / 3, 0.5, 2, 3, 1.95, 2.05)),
        *((by, 0, 0) for by in (0.25, 2 / 3, 1.5, 1.85, 4)),
    ],
)
def test_tempo_within_4_percent_and_its_octaves(
    multiple: float, tempo: int, octaves: int, right: Clip
) -> None:
    """120 BPM are heard; the score says more or less."""
    other = replace(right, score=replace(KNOWN, tempo=120.0 * multiple))
    assert (tempo_agreement(other), tempo_octave_agreement(other)) == (tempo, octaves)


def test_without_a_score_the_tempo_is_the_true_bands(right: Clip) -> None:
    slow = clicks(np.arange(0.5, SECONDS, 60 / 95))
    assert tempo_agreement(clip(slow, slow, truth=None)) == 1
    assert tempo_agreement(clip(slow, truth=None)) == 0
    assert tempo_agreement(replace(right, score=None)) == 1


def test_onsets_count_within_50_ms_each_once() -> None:
    for by, found in ((0.0, 1), (0.049, 1), (-0.049, 1), (0.051, 0), (-0.051, 0)):
        assert onsets_found(TRUE + by) == found
    assert onsets_found(TRUE[:10]) == pytest.approx(2 * 10 / 41)
    assert onsets_found(np.sort([*TRUE, *(TRUE + 0.02)])) == pytest.approx(2 / 3)


def test_onsets_of_sounds(right: Clip) -> None:
    assert onset_f_measure(right) == 1
    near, far = (onset_f_measure(clip(clicks(TRUE[:-1] + by))) for by in (0.03, 0.12))
    assert near > 0.9 and far < 0.1
    assert onset_f_measure(clip(clicks(BEATS[::2]))) == pytest.approx(2 / 3, abs=0.05)
    ended = clip(clicks(BEATS)[:, : round(SECONDS / 2 * RATE)])
    assert onset_f_measure(ended) == pytest.approx(2 / 3, abs=0.05)


def test_what_begins_on_the_eighths() -> None:
    eighths = np.arange(0.5, SECONDS - 0.5, 0.25)
    on, off = (grid_pulse(clip(clicks(eighths + by))) for by in (0, 0.125))
    assert on > 0.6 and off < 0
    early, late = (grid_pulse(clip(clicks(eighths + by))) for by in (-0.04, 0.025))
    assert early == pytest.approx(late, abs=0.15) and 0.2 < early < on
    assert grid_pulse(clip(noise())) == pytest.approx(0, abs=0.1)
    assert 0.3 < grid_pulse(clip(clicks(eighths[::2]))) < on - 0.1  # beats alone


def test_a_beat_of_12_8_has_three_eighths() -> None:
    thirds = clip(clicks(np.arange(0.5, SECONDS - 0.5, 1 / 6)))
    compound = replace(thirds, score=replace(KNOWN, meter="12/8"))
    assert grid_pulse(compound) > 0.5 > grid_pulse(thirds) + 0.2


def test_the_grid_bends_with_the_beats() -> None:
    beats = np.cumsum(np.linspace(0.6, 0.4, 30))
    band = clicks(np.sort([*beats, *(beats[:-1] + beats[1:]) / 2]))
    bent = clip(band, truth=replace(KNOWN, beats=tuple(beats)))
    assert grid_pulse(bent) > 0.6 > 0.2 > grid_pulse(clip(band))


def test_a_band_that_has_ended_begins_nothing_on_the_grid(right: Clip) -> None:
    parts = [right.band.sound[:, : round(share * SECONDS * RATE)] for share in (1, 0.5, 0.1)]
    whole, half, tenth = (grid_pulse(clip(part)) for part in parts)
    assert whole > half + 0.1 and half > tenth + 0.1
    assert half == pytest.approx(grid_pulse(clip(padded(parts[1]))), abs=1e-3)
    assert grid_pulse(clip(right.band.sound[:, : RATE // 4])) == 0


def padded(sound: Tensor) -> Tensor:
    whole = silence()
    whole[:, : sound.shape[1]] = sound
    return whole


def test_the_sung_onsets_are_met() -> None:
    """A voice that sings each chord's root, struck with the chord."""
    voice = chords(0, ROOTS)
    late = chords().roll(round(0.4 * RATE), dims=1)
    assert voice_pulse(clip(chords(), vocal=voice)) > 0.5 > voice_pulse(clip(late, vocal=voice))
    assert voice_pulse(clip(late, vocal=voice)) < 0


def test_silence_scores_0_and_an_unknown_truth_is_nan() -> None:
    figures = (
        beat_f_measure,
        tempo_agreement,
        tempo_octave_agreement,
        onset_f_measure,
        grid_pulse,
        voice_pulse,
    )
    mute = clip(silence(), vocal=chords(0, ROOTS))
    assert [figure(mute) for figure in figures] == [0.0] * 6
    unknown = clip(clicks(BEATS), true=silence(), truth=None)
    assert all(math.isnan(figure(unknown)) for figure in figures)
    one_beat = clip(clicks(BEATS), truth=replace(KNOWN, beats=(1.0,)))
    assert math.isnan(grid_pulse(one_beat))
