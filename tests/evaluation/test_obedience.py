"""The laws of obedience, on music that moves as it should and music that does not."""

import numpy as np
import pytest
import torch
from torch import Tensor

from samuel_gen.audio.resample import resample
from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.obedience import find_interval, find_shift, measure_obedience
from samuel_gen.evaluation.songs import EvaluationSong
from samuel_gen.lead_sheet.sheet import LeadSheet
from tests.evaluation.songs import BEATS, RATE, SECONDS, chords, clicks, make_sheet, silence

TIMES = np.array(BEATS)
RHYTHM = np.sort([*TIMES[:-1], *(TIMES[:-1:4] + 0.25)])  # beats, and one offbeat in each bar


def analyse(sound: Tensor) -> AnalysedSound:
    return AnalysedSound(sound, RATE)


@pytest.mark.parametrize("beats", [0.0, 0.25, 0.5])
def test_the_shift_of_clicks_is_found_in_beats(beats: float) -> None:
    before, after = (analyse(clicks(RHYTHM + by)) for by in (0.0, beats / 2))
    assert find_shift(before, after, make_sheet()) == pytest.approx(beats, abs=0.05)


@pytest.mark.parametrize("semitones", [0, 3, 6, 11])
def test_the_interval_of_chords_is_found(semitones: int) -> None:
    assert find_interval(analyse(chords()), analyse(chords(semitones))) == semitones


def test_the_interval_of_faster_chords_is_found() -> None:
    speed = 2 ** (2 / 12)
    faster = resample(chords(), round(RATE * speed), RATE)
    assert find_interval(analyse(chords()), analyse(faster), speed) == 2


def play(vocal: Tensor, rate: int, sheet: LeadSheet) -> Tensor:
    """Play the chords and the beats of a lead sheet."""
    assert rate == RATE
    seconds = vocal.shape[1] / RATE
    sound = clicks(sheet.beats, SECONDS) + clicks(sheet.downbeats, SECONDS)
    for number, change in enumerate(sheet.chords):
        start = sheet.time_at(change.beat)
        nexts = sheet.chords[number + 1 :]
        stop = sheet.time_at(nexts[0].beat) if nexts else seconds
        assert change.chord is not None
        classes = sorted(change.chord.pitch_classes)
        first, last = round(start * RATE), round(min(stop, seconds) * RATE)
        sound[:, first:last] += chords(0, [classes])[:, : last - first]
    return sound[:, : vocal.shape[1]].repeat(2, 1)


def ignore(vocal: Tensor, rate: int, sheet: LeadSheet) -> Tensor:
    """Play the same, whatever the lead sheet."""
    return play(silence(), rate, make_sheet())[:, : vocal.shape[1]]


def make_song(name: str, sheet: LeadSheet | None) -> EvaluationSong:
    mute = silence().repeat(2, 1)
    return EvaluationSong(name, mute, mute, RATE, sheet)


def test_music_that_follows_the_sheet_obeys_and_music_that_does_not_disobeys() -> None:
    songs = [make_song("a", make_sheet()), make_song("b", None)]
    (obedient,) = measure_obedience(songs, play)
    assert obedient.name == "a" and obedient.follows_beats and obedient.follows_key
    (stubborn,) = measure_obedience(songs, ignore)
    assert stubborn.shift == pytest.approx(0, abs=0.05) and not stubborn.follows_beats
    assert stubborn.interval != 3 and not stubborn.follows_key


def test_the_transposed_vocal_is_faster_and_so_is_its_sheet() -> None:
    given: list[tuple[int, LeadSheet]] = []

    def remember(vocal: Tensor, rate: int, sheet: LeadSheet) -> Tensor:
        given.append((vocal.shape[1], sheet))
        return torch.zeros(2, vocal.shape[1])

    sheet = make_sheet()
    measure_obedience([make_song("a", sheet)], remember, semitones=4)
    (_, first), (_, moved), (samples, transposed) = given
    assert first == sheet and moved.beats[0] == pytest.approx(sheet.beats[0] + 0.25)
    assert samples == pytest.approx(SECONDS * RATE / 2 ** (4 / 12), rel=1e-4)
    assert transposed.tempo == pytest.approx(sheet.tempo * 2 ** (4 / 12), rel=1e-3)
    assert str(transposed.key) == "E major"
