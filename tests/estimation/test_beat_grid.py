import numpy as np
import pytest

from samuel_gen.estimation.beat_grid import (
    BeatGrid,
    beat_evidence,
    find_grids,
    refine_grid,
    tempo_prior,
)
from samuel_gen.estimation.beat_tracker import TEMPI, BeatActivations

FRAME = 512 / 44_100


def pulses(times: np.ndarray, frames: int) -> np.ndarray:
    centres = (np.arange(frames) + 0.5) * FRAME
    distance = np.abs(centres[:, None] - times).min(1)
    return 0.02 + 0.7 * np.exp(-0.5 * (distance / 0.018) ** 2)


def activations(tempo: float, start: float, seconds: float) -> BeatActivations:
    frames = round(seconds / FRAME)
    beats = pulses(np.arange(start, seconds, 60 / tempo), frames)
    return BeatActivations(beats, beats / 4, FRAME)


@pytest.mark.parametrize("tempo", [63.7, 98.3, 151.0])
def test_a_steady_pulse_is_found_to_a_few_milliseconds_over_minutes(tempo: float) -> None:
    heard = activations(tempo, 0.37, 120)
    best = find_grids(heard, beat_evidence(heard.beats))[0]
    grid = refine_grid(best, heard.beats, keep_period=False, keep_phase=False)
    times = (grid.places(heard.beats.size) + 0.5) * FRAME
    true = np.arange(0.37, 120, 60 / tempo)
    assert times.size == true.size
    assert np.abs(times - true).max() < 0.005


def test_the_merit_is_the_sum_of_the_evidence_on_the_grid() -> None:
    heard = activations(90, 0.2, 20)
    evidence = np.convolve(beat_evidence(heard.beats), np.hanning(11) / 5, "same")
    grid = find_grids(heard, evidence, tempo=90.0)[0]
    places = grid.places(evidence.size)
    expected = np.interp(places, np.arange(evidence.size), evidence).sum()
    prior = tempo_prior(np.array([90.0]), heard)[0]
    assert grid.merit == pytest.approx(expected + prior, rel=0.03)


def test_a_given_tempo_and_a_given_beat_are_kept() -> None:
    heard = activations(90, 0.2, 20)
    evidence = beat_evidence(heard.beats)
    grid = find_grids(heard, evidence, tempo=75.0)[0]
    assert 60 / (grid.period * FRAME) == pytest.approx(75, rel=1e-9)
    for grid in find_grids(heard, evidence, through=101.3):
        beats = (101.3 - grid.start) / grid.period
        assert beats == pytest.approx(round(beats), abs=1e-6)


def test_grids_are_ranked_and_differ_in_tempo() -> None:
    heard = activations(100, 0.2, 30)
    grids = find_grids(heard, beat_evidence(heard.beats), count=5)
    merits = [grid.merit for grid in grids]
    assert merits == sorted(merits, reverse=True)
    ratios = np.abs(np.log(np.divide.outer(*2 * [[grid.period for grid in grids]])))
    assert (ratios + np.eye(len(grids)) > 0.02).all()


def test_an_uninformative_recording_has_no_evidence() -> None:
    np.testing.assert_allclose(beat_evidence(np.full(100, 0.08)), 0, atol=0.11)
    assert beat_evidence(np.full(100, 0.08)).max() < 0


def test_the_tempo_of_the_network_moves_the_prior() -> None:
    likely = np.full((TEMPI.size, 50), 0.002)
    likely[40] = 1 - 63 * 0.002
    heard = BeatActivations(np.zeros(200), np.zeros(200), FRAME, tempo=likely)
    without = BeatActivations(np.zeros(200), np.zeros(200), FRAME)
    bpm = np.array([TEMPI[10], TEMPI[40]])
    gain = tempo_prior(bpm, heard) - tempo_prior(bpm, without)
    assert gain[1] > gain[0] + 2


def test_refining_leaves_what_is_known() -> None:
    heard = activations(90, 0.2, 20)
    off = BeatGrid(60 / 90.5 / FRAME, 15.0, 0.0)
    assert refine_grid(off, heard.beats, keep_period=True, keep_phase=False).period == off.period
    assert refine_grid(off, heard.beats, keep_period=False, keep_phase=True) == off
