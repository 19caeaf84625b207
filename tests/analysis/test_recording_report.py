"""Reports on recordings: key, tuning, loudness, and the lines that are printed."""

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from samuel_gen.analysis.key import KeyEstimate, rank_keys
from samuel_gen.analysis.melody import extract_melody_from_frames
from samuel_gen.analysis.recording_report import RecordingReport, analyse_recording
from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.audio.resample import to_stereo

RATE = 44_100
REST = float("nan")
TUNE = [60, 64, 67, 65, 64, 62, 60, 67, 69, 67, 65, 64, 62, 71, 72, 60]  # in C major


@pytest.fixture(scope="module")
def tune(sing: Callable[..., Tensor]) -> Tensor:
    return 0.4 * sing(TUNE, noise=0.0)


@pytest.fixture(scope="module")
def report(tune: Tensor) -> RecordingReport:
    return analyse_recording(tune, RATE)


def find_keys(report: RecordingReport) -> list[KeyEstimate]:
    return rank_keys(report.melody.pitch_classes, report.melody.voicing, report.frame_seconds)


def test_the_key_of_a_tune(report: RecordingReport) -> None:
    first, second = find_keys(report)[:2]
    assert (first.name, first.tonic, first.mode) == ("C major", 0, "major")
    assert first.confidence > second.confidence


def test_a_transposed_tune_has_the_transposed_key(sing: Callable[..., Tensor]) -> None:
    for semitones, name in ((3, "Eb major"), (-5, "G major")):
        vocal = sing([note + semitones for note in TUNE])
        assert find_keys(analyse_recording(vocal, RATE))[0].name == name


@pytest.mark.parametrize("cents", [30.0, -20.0])
def test_a_singer_off_440_hz_has_a_tuning(cents: float, sing: Callable[..., Tensor]) -> None:
    report = analyse_recording(sing(TUNE, cents=cents), RATE)
    assert report.tuning_cents == pytest.approx(cents, abs=4)
    assert report.tuning_confidence > 0.6
    assert find_keys(report)[0].name == "C major"


def test_notes_on_no_grid_have_no_reliable_tuning(
    report: RecordingReport, sing: Callable[..., Tensor]
) -> None:
    anywhere = np.random.default_rng(0).uniform(57, 72, 24).tolist()
    loose = analyse_recording(sing(anywhere, vibrato=0.0), RATE)
    assert loose.tuning_confidence < 0.4 < report.tuning_confidence
    assert loose.reliable_tuning == 0.0 and report.reliable_tuning == report.tuning_cents


def test_the_frames_are_those_of_the_melody(report: RecordingReport) -> None:
    """The estimators of a lead sheet read them, so that nothing is analysed twice."""
    assert report.frequency.shape[0] == report.bands.shape[0] == 4 * report.melody.voicing.shape[0]
    melody = extract_melody_from_frames(report.frequency, report.bands, report.frame_seconds / 4)
    assert torch.equal(melody.features, report.melody.features)


def test_a_stream_has_the_report_of_the_whole_sound(tune: Tensor, report: RecordingReport) -> None:
    streamed = analyse_recording(iter(tune.split(33_333, dim=-1)), RATE)
    assert streamed.lines() == report.lines()
    assert streamed.seconds == report.seconds == tune.shape[-1] / RATE
    assert streamed.loudness_lufs == pytest.approx(report.loudness_lufs, abs=1e-6)
    assert streamed.peak_dbfs == pytest.approx(20 * math.log10(float(tune.abs().max())), abs=1e-4)


def test_the_share_that_is_sing(sing: Callable[..., Tensor]) -> None:
    report = analyse_recording(sing([60, REST, 62, REST, 64, REST, 65, REST]), RATE)
    assert report.voiced_share == pytest.approx(0.47, abs=0.06)
    assert report.sung_seconds == pytest.approx(report.voiced_share * report.seconds)


def test_silence_has_no_key() -> None:
    report = analyse_recording(torch.zeros(2, RATE), RATE)
    assert (find_keys(report), report.sung_seconds) == ([], 0.0)
    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert plain["loudness_lufs"] is None and plain["peak_dbfs"] is None


def test_printed_lines_and_json(report: RecordingReport) -> None:
    text = "\n".join(replace(report, tuning_cents=-12.4, hints=("sing on",)).lines())
    assert "12 cents below A = 440 Hz" in text
    assert text.endswith("hint      sing on")
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["tuning_cents"] == report.tuning_cents and plain["seconds"] == report.seconds


def test_the_melody_on_its_own_frames_is_the_melody(report: RecordingReport) -> None:
    frames = report.melody.features.shape[1]
    same = report.melody_on_frames(frames, report.frame_seconds)
    assert torch.equal(same.features, report.melody.features)
    assert same.tuning_cents == report.melody.tuning_cents


@pytest.mark.parametrize("factor", [0.97, 1.03])
def test_the_melody_on_other_frames_keeps_its_times(factor: float, report: RecordingReport) -> None:
    frame_seconds = factor * report.frame_seconds
    frames = math.ceil((report.seconds + 2) / frame_seconds)
    other = report.melody_on_frames(frames, frame_seconds)
    times = (torch.arange(frames) + 0.5) * frame_seconds
    assert not other.voicing[times > report.seconds + 0.1].any()
    nearest = (times / report.frame_seconds - 0.5).round().long()
    inside = nearest < report.melody.features.shape[1]
    difference = other.features[:, inside] - report.melody.features[:, nearest[inside]]
    assert float(difference.abs().mean()) < 0.03


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_the_stereo_loudness_is_that_of_the_recording_as_stereo(
    channels: int, tune: Tensor
) -> None:
    sound = tune.repeat(channels, 1)
    measured = integrated_loudness(to_stereo(sound), RATE)
    assert analyse_recording(sound, RATE).stereo_loudness == pytest.approx(measured, abs=1e-6)
