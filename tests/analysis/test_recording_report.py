"""What a recording tells of itself: key, tuning, tempo, and what to mend."""

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from samuel_gen.analysis.key import likely_keys
from samuel_gen.analysis.recording_report import TakeReport, read_take
from samuel_gen.analysis.tempo import tempo

RATE = 44_100
FRAME = 2048 / RATE
REST = float("nan")
TUNE = [60, 64, 67, 65, 64, 62, 60, 67, 69, 67, 65, 64, 62, 71, 72, 60]  # in C major
OCTAVES = (0.5, 1.0, 2.0)


def melody_of(starts: np.ndarray, seconds: float, pitch: int = 0) -> Tensor:
    """A melody track of notes at these times, without any sound."""
    features = torch.zeros(14, round(seconds / FRAME))
    features[pitch], features[12] = 1.0, 1.0
    features[13, (torch.as_tensor(starts) / FRAME).round().long()] = 1.0
    return features


@pytest.fixture(scope="module")
def good(sung: Callable[..., Tensor]) -> Tensor:
    return 0.4 * sung(TUNE, noise=0.0)


@pytest.fixture(scope="module")
def report(good: Tensor) -> TakeReport:
    return read_take(good, RATE)


def test_the_key_of_a_tune(report: TakeReport) -> None:
    assert report.key is not None and report.or_key is not None
    assert (report.key.name, report.key.tonic, report.key.mode) == ("C major", 0, "major")
    assert report.key.confidence > report.or_key.confidence


def test_a_tune_and_its_key_are_transposed_together(sung: Callable[..., Tensor]) -> None:
    for semitones, name in ((3, "Eb major"), (-5, "G major")):
        take = sung([note + semitones for note in TUNE])
        key = read_take(take, RATE).key
        assert key is not None and key.name == name


def test_the_shape_of_minor_is_told_from_major() -> None:
    melody = torch.zeros(14, 400)
    melody[12] = 1.0
    for share, pitch in ((120, 9), (80, 4), (60, 0), (50, 2), (40, 11), (30, 8), (20, 5)):
        start = int((melody[:12].sum(0) > 0).sum())
        melody[pitch, start : start + share] = 1.0
    keys = likely_keys(melody, FRAME)
    assert keys[0].name == "A minor"
    assert sum(key.confidence for key in keys) == pytest.approx(1.0)
    assert len({(key.tonic, key.mode) for key in keys}) == 24
    shorter = likely_keys(melody[:, ::4], FRAME)
    assert shorter[0].confidence < keys[0].confidence


@pytest.mark.parametrize("cents", [30.0, -20.0])
def test_a_singer_off_440_is_in_tune_with_himself(
    cents: float, sung: Callable[..., Tensor]
) -> None:
    report = read_take(sung(TUNE, cents=cents), RATE)
    assert report.tuning_cents == pytest.approx(cents, abs=4)
    assert report.tuning_confidence > 0.6
    assert report.key is not None and report.key.name == "C major"


def test_notes_on_no_grid_have_no_tuning(report: TakeReport, sung: Callable[..., Tensor]) -> None:
    anywhere = np.random.default_rng(0).uniform(57, 72, 24).tolist()
    loose = read_take(sung(anywhere, vibrato=0.0), RATE)
    assert loose.tuning_confidence < 0.4 < report.tuning_confidence


@pytest.mark.parametrize("bpm", [72.0, 100.0, 131.0])
def test_the_tempo_of_steady_notes(bpm: float) -> None:
    found = tempo(melody_of(np.arange(0, 29, 60 / bpm), 30.0), FRAME)
    assert found is not None and found.confidence > 0.6
    assert any(found.bpm == pytest.approx(bpm * octave, rel=0.02) for octave in OCTAVES)


def test_the_tempo_is_heard_in_the_sound(report: TakeReport) -> None:
    assert report.tempo is not None
    assert any(report.tempo.bpm == pytest.approx(120 * x, rel=0.03) for x in OCTAVES)


def test_free_singing_is_less_sure_of_its_tempo() -> None:
    steps = np.random.default_rng(1).uniform(0.2, 1.2, 60)
    free = tempo(melody_of(np.cumsum(steps)[np.cumsum(steps) < 29], 30.0), FRAME)
    strict = tempo(melody_of(np.arange(0, 29, 0.7), 30.0), FRAME)
    assert strict is not None
    assert free is None or free.confidence < strict.confidence - 0.2


def test_new_pitches_are_a_pulse_where_no_onset_is() -> None:
    melody = torch.zeros(14, 640)
    for frame in range(640):
        melody[int(frame * FRAME / 0.6) * 5 % 12, frame] = 1.0
    melody[12] = 1.0
    found = tempo(melody, FRAME)
    assert found is not None
    assert any(found.bpm == pytest.approx(100 * octave, rel=0.03) for octave in OCTAVES)


def test_a_held_note_has_no_pulse() -> None:
    assert tempo(melody_of(np.array([0.0]), 20.0)[:, 1:], FRAME) is None


def test_a_stream_is_read_as_the_whole(good: Tensor, report: TakeReport) -> None:
    streamed = read_take(iter(good.split(33_333, dim=-1)), RATE)
    assert streamed.lines() == report.lines()
    assert streamed.seconds == report.seconds == good.shape[-1] / RATE
    assert streamed.loudness_lufs == pytest.approx(report.loudness_lufs, abs=1e-6)
    assert streamed.peak_dbfs == pytest.approx(20 * math.log10(float(good.abs().max())), abs=1e-4)


def test_how_much_is_sung(sung: Callable[..., Tensor]) -> None:
    report = read_take(sung([60, REST, 62, REST, 64, REST, 65, REST]), RATE)
    assert report.voiced_share == pytest.approx(0.47, abs=0.06)
    assert report.sung_seconds == pytest.approx(report.voiced_share * report.seconds)


def test_there_is_nothing_to_say_against_a_good_take(report: TakeReport) -> None:
    assert not [hint for hint in report.hints if "too little" not in hint]


@pytest.mark.parametrize(
    ("spoil", "hint"),
    [
        (lambda x: 0.004 * x, "very quiet: -"),
        (lambda x: (9 * x).clamp(-1, 1), "samples are at full scale"),
        (lambda x: torch.cat([x, 0 * x]), "one channel is silent"),
        (lambda x: torch.nn.functional.pad(x, (0, 5 * x.shape[-1])), "of the recording is sung"),
        (lambda x: 0 * x, "there is no sound"),
        (lambda x: 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0)), "voice"),
        (
            lambda x: (
                torch.nn.functional.pad(x, (0, 2 * RATE))
                + 0.03 * torch.randn(x.shape[-1] + 2 * RATE, generator=torch.Generator())
            ),
            "hum or noise",
        ),
        (lambda x: x[:, : 3 * RATE], "too little to be sure"),
    ],
)
def test_what_is_wrong_with_a_take_is_said(spoil: Callable, hint: str, good: Tensor) -> None:
    hints = read_take(spoil(good), RATE).hints
    assert any(hint in said for said in hints), hints


def test_loud_sound_without_pitch_is_asked_about(good: Tensor) -> None:
    noise = 0.2 * torch.randn(good.shape, generator=torch.Generator().manual_seed(0))
    noise[:, : good.shape[-1] // 2] = 0
    hints = read_take(good * (noise == 0) + noise, RATE).hints
    assert any("has no pitch" in hint for hint in hints), hints


def test_a_silent_take_has_no_key_and_no_tempo() -> None:
    report = read_take(torch.zeros(2, RATE), RATE)
    assert (report.key, report.tempo, report.sung_seconds) == (None, None, 0.0)
    assert "none: nothing is sung" in report.lines()[0]
    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert plain["loudness_lufs"] is None and plain["peak_dbfs"] is None


def test_what_is_printed_and_what_is_kept(report: TakeReport) -> None:
    told = "\n".join(replace(report, tuning_cents=-12.4, hints=("sing on",)).lines())
    assert "key       C major (" in told and "12 cents below A = 440 Hz" in told
    assert told.endswith("hint      sing on")
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["key"]["name"] == "C major" and plain["seconds"] == report.seconds


@pytest.mark.slow
def test_confidences_come_true_on_rendered_songs() -> None:
    from samuel_gen.analysis.melody import melody_track
    from samuel_gen.corpus.song import render_song

    keys, tempi = [], []
    for seed in range(7000, 7060):
        song = render_song(seed, seconds=32.0)
        track = melody_track(song.vocal, RATE)
        best = likely_keys(track.features, FRAME)[0]
        truth = (song.score.tonic, song.score.mode)
        keys.append((best.confidence, (best.tonic, best.mode) == truth))
        found = tempo(track.features, FRAME)
        if found is not None:
            ratios = [abs(found.bpm / song.score.tempo / octave - 1) for octave in OCTAVES]
            tempi.append((found.confidence, min(ratios) < 0.04))
    for figures in (np.array(keys), np.array(tempi)):
        said, right = figures.T
        assert right.mean() > said.mean() - 0.1
        assert right[said > 0.7].mean() > 0.75
