import numpy as np
import pytest

from samuel_gen.estimation.beat_drift import find_path, follow_beat, smooth_path, weigh_beats
from samuel_gen.estimation.beat_grid import beat_evidence
from samuel_gen.estimation.beat_tracker import BeatActivations

FRAME = 512 / 44_100


def drifting_beats(seconds: float) -> np.ndarray:
    beats, time, number = [], 0.3, 0
    while time < seconds:
        beats.append(time)
        time += 0.55 * (1 + 0.08 * np.sin(number / 9))
        number += 1
    return np.array(beats)


def hear(beats: np.ndarray, seconds: float) -> BeatActivations:
    centres = (np.arange(round(seconds / FRAME)) + 0.5) * FRAME
    distance = np.abs(centres[:, None] - beats).min(1)
    pulses = 0.01 + 0.8 * np.exp(-0.5 * (distance / 0.018) ** 2)
    return BeatActivations(pulses, pulses / 4, FRAME)


def test_beats_that_drift_are_followed() -> None:
    beats = drifting_beats(40)
    heard = hear(beats, 40)
    path = smooth_path(find_path(heard, beat_evidence(heard.beats)), heard.beats)
    times = (path + 0.5) * FRAME
    assert abs(times.size - beats.size) <= 1
    assert np.abs(times[:, None] - beats).min(1).max() < 0.03


def test_the_path_is_the_best_of_all_paths() -> None:
    """The blocks of the dynamic programme find what a plain recursion over beats finds."""
    rng = np.random.default_rng(0)
    evidence = rng.normal(0, 1, 400)
    heard = BeatActivations(np.full(400, 0.1), np.full(400, 0.02), FRAME)
    path = find_path(heard, evidence, around=60.0)
    periods = np.diff(path)
    assert (periods >= 46).all() and (periods <= 78).all()

    def value(places: np.ndarray) -> float:
        change = np.diff(np.log(np.diff(places))) / 0.02
        return float(evidence[places.astype(int)].sum() - 0.5 * (change**2).sum())

    best = value(path)
    for at in range(1, path.size - 1):
        for step in (-2, -1, 1, 2):
            other = path.copy()
            other[at] += step
            assert value(other) <= best + 1e-9


def test_a_path_passes_through_a_known_beat() -> None:
    heard = hear(drifting_beats(30), 30)
    evidence = follow_beat(beat_evidence(heard.beats), 1003.2)
    assert 1003 in find_path(heard, evidence)


def test_smoothing_keeps_an_even_tempo_and_heals_a_single_slip() -> None:
    places = 10 + 50.0 * np.arange(12)
    silent = np.zeros(700)
    np.testing.assert_allclose(smooth_path(places, silent), places)
    slipped = places + 6 * (np.arange(12) == 5)
    assert abs(smooth_path(slipped, silent)[5] - places[5]) < 2


def test_steady_beats_on_the_pulses_weigh_more_than_beats_beside_them() -> None:
    beats = np.arange(0.3, 20, 0.6)
    heard = hear(beats, 20)
    evidence = beat_evidence(heard.beats)
    places = beats / FRAME - 0.5
    on, off = (weigh_beats(places + shift, heard, evidence) for shift in (0, 20))
    assert on > off + 20
    uneven = places + np.where(np.arange(places.size) % 2, 1.0, -1.0)
    assert weigh_beats(uneven, heard, evidence) < on


@pytest.mark.parametrize("frames", [3, 40])
def test_a_recording_shorter_than_a_beat_has_a_path(frames: int) -> None:
    heard = BeatActivations(np.full(frames, 0.1), np.full(frames, 0.02), FRAME)
    assert find_path(heard, beat_evidence(heard.beats)).size >= 1
