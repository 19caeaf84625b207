"""The truth that an accompaniment is compared with: the lead sheet's, or the recordings' own."""

from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.metric_input import MetricInput
from tests.evaluation.songs import BEATS, RATE, chords, clicks, make_input, make_sheet, noise


@pytest.fixture(scope="module")
def music() -> AnalysedSound:
    return AnalysedSound(chords() + clicks(BEATS), RATE)


def test_the_truth_is_the_lead_sheets(music: AnalysedSound) -> None:
    """It is not taken from the recordings, and beats after the end of the song are dropped."""
    sheet = replace(make_sheet(key="F minor"), beats=(7.1, 9.0, 10.5, 14.0, 15.9, 16.0, 16.1))
    inputs = MetricInput(music, music, music, sheet)
    assert inputs.true_key is not None
    assert (inputs.true_key.tonic, inputs.true_key.mode) == (5, "minor")
    assert inputs.true_tempo == sheet.tempo == pytest.approx(40)
    np.testing.assert_array_equal(inputs.true_beats, [7.1, 9.0, 10.5, 14.0, 15.9])
    np.testing.assert_array_equal(inputs.true_downbeats, [7.1, 15.9])


def test_without_a_sheet_the_recordings_are_the_truth(music: AnalysedSound) -> None:
    """The key is the vocal's, beats and tempo are the true accompaniment's."""
    tune = chords(2, [(0,), (4,), (7,), (0,), (5,), (2,), (11,), (0,)])
    inputs = MetricInput(AnalysedSound(noise(), RATE), AnalysedSound(tune, RATE), music)
    assert inputs.true_key is not None and inputs.true_key.name == "D major"
    assert inputs.true_tempo == music.tempo == pytest.approx(120, rel=0.01)
    np.testing.assert_array_equal(inputs.true_beats, music.beats)


def test_without_a_sheet_and_a_melody_the_key_is_unknown() -> None:
    assert make_input(noise()).true_key is None
