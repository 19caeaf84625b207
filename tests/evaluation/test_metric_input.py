"""The truth that an accompaniment is compared with: the score's, or the recordings' own."""

from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.metric_input import MetricInput
from tests.evaluation.songs import BEATS, RATE, chords, clicks, make_input, make_score, noise


@pytest.fixture(scope="module")
def music() -> AnalysedSound:
    return AnalysedSound(chords() + clicks(BEATS), RATE)


def test_the_truth_is_the_scores(music: AnalysedSound) -> None:
    """It is not taken from the recordings, and beats after the end of the song are dropped."""
    score = replace(make_score(), tonic=5, mode="minor", tempo=77.0, beats=(0.1, 3.0, 16.0, 17.0))
    inputs = MetricInput(music, music, music, score)
    assert inputs.true_key is not None
    assert (inputs.true_key.tonic, inputs.true_key.mode) == (5, "minor")
    assert inputs.true_tempo == 77.0
    np.testing.assert_array_equal(inputs.true_beats, [0.1, 3.0])


def test_without_a_score_the_recordings_are_the_truth(music: AnalysedSound) -> None:
    """The key is the vocal's, beats and tempo are the true accompaniment's."""
    tune = chords(2, [(0,), (4,), (7,), (0,), (5,), (2,), (11,), (0,)])
    inputs = MetricInput(AnalysedSound(noise(), RATE), AnalysedSound(tune, RATE), music)
    assert inputs.true_key is not None and inputs.true_key.name == "D major"
    assert inputs.true_tempo == music.tempo == pytest.approx(120, rel=0.01)
    np.testing.assert_array_equal(inputs.true_beats, music.beats)


def test_without_a_score_and_a_melody_the_key_is_unknown() -> None:
    assert make_input(noise()).true_key is None
