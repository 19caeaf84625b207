"""All song metrics together, on constructed and on rendered songs; each has its own tests too."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from samuel_gen.analysis.faults import count_clipped, loudness, peak, silent_share
from samuel_gen.corpus.song import RenderedSong, render_song
from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.evaluation.song_metrics import SONG_METRICS, measure_song
from tests.evaluation.songs import (
    BEATS,
    RATE,
    chords,
    clicks,
    make_input,
    make_sheet,
    noise,
    silence,
)

MUSICAL = [metric.name for metric in SONG_METRICS if metric.better == "higher"]
NEED_A_SHEET = {metric.name for metric in SONG_METRICS if metric.needs == "lead_sheet"}
ADHERENCE = {metric.name for metric in SONG_METRICS if metric.needs == "given_sheet"}
NEED_A_KEY = {"key", "relative_key", "scale"}  # of the sheet or the vocal
NEED_A_VOCAL = {"chroma_voice", "pulse_voice"}
TUNE = [(0,), (9,), (5,), (7,), (4,), (0,), (2,), (0,)]


@pytest.fixture(scope="module")
def true_input() -> MetricInput:
    """The true accompaniment of a vocal that sings, with its sheet, which was given."""
    accompaniment = chords() + clicks(BEATS)
    inputs = make_input(accompaniment, chords(0, TUNE), accompaniment, make_sheet())
    return replace(inputs, given_sheet=make_sheet())


def unknown(metrics: dict[str, float]) -> set[str]:
    return {name for name, value in metrics.items() if math.isnan(value)}


def test_every_metric_has_a_unique_name_and_a_line(true_input: MetricInput) -> None:
    names = [metric.name for metric in SONG_METRICS]
    assert len(set(names)) == len(names)
    assert list(measure_song(true_input)) == names
    assert all(0 < len(metric.explanation) < 70 for metric in SONG_METRICS)


def test_the_true_accompaniment_scores_best(true_input: MetricInput) -> None:
    metrics = measure_song(true_input)
    for name in ("key", "relative_key", "tempo", "tempo_octaves", "onset_f"):
        assert metrics[name] == 1, name
    for name in ("scale", "chord", "chroma_true", "beat_f", "sheet_chord", "sheet_beat_f"):
        assert metrics[name] > 0.9, name


def test_the_sound_metrics_are_of_the_judged_accompaniment(true_input: MetricInput) -> None:
    """They are not of the true accompaniment or the vocal, which are softer here."""
    sound = 3 * noise().repeat(2, 1)
    metrics = measure_song(replace(true_input, accompaniment=AnalysedSound(sound, RATE)))
    assert metrics["loudness_lufs"] == loudness(sound, RATE)
    assert metrics["true_peak_dbtp"] == peak(sound, RATE)
    assert metrics["clipped"] == count_clipped(sound) > 0
    half = torch.cat([silence(), sound[:1]], dim=1)
    metrics = measure_song(replace(true_input, accompaniment=AnalysedSound(half, RATE)))
    assert metrics["silent"] == silent_share(half, RATE) == 0.5


def test_a_metric_is_nan_exactly_if_its_truth_is_unknown(true_input: MetricInput) -> None:
    mute = AnalysedSound(silence(), RATE)
    assert NEED_A_SHEET == {"chord", "pulse_grid"}
    assert unknown(measure_song(true_input)) == set()
    assert unknown(measure_song(replace(true_input, lead_sheet=None))) == NEED_A_SHEET
    assert unknown(measure_song(replace(true_input, vocal=mute))) == NEED_A_VOCAL
    neither = measure_song(replace(true_input, lead_sheet=None, vocal=mute))
    assert unknown(neither) == NEED_A_SHEET | NEED_A_KEY | NEED_A_VOCAL
    nothing = measure_song(MetricInput(true_input.accompaniment, mute, mute))
    assert unknown(nothing) == set(MUSICAL) | ADHERENCE
    assert unknown(measure_song(replace(true_input, given_sheet=None))) == ADHERENCE


@pytest.mark.parametrize("sound", [silence(), silence()[:, :0], 1e-5 * chords()])
def test_silence_scores_0(sound: torch.Tensor, true_input: MetricInput) -> None:
    metrics = measure_song(replace(true_input, accompaniment=AnalysedSound(sound, RATE)))
    assert all(metrics[name] == 0 for name in MUSICAL)
    assert (metrics["loudness_lufs"], metrics["silent"], metrics["clipped"]) == (-70, 1, 0)


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.6, 1.1, 40.0])
def test_an_accompaniment_may_have_any_length(seconds: float, true_input: MetricInput) -> None:
    sound = true_input.accompaniment.sound.repeat(1, 3)[:, : round(seconds * RATE)]
    metrics = measure_song(replace(true_input, accompaniment=AnalysedSound(sound, RATE)))
    assert unknown(metrics) <= {"sheet_onset_shift", "sheet_drift"}  # they need some onsets
    assert all(-1 <= metrics[name] <= 1 + 1e-9 for name in MUSICAL)


@pytest.fixture(scope="module")
def songs() -> list[RenderedSong]:
    return [render_song(seed, seconds=16.0) for seed in (30, 31, 34, 36)]


@pytest.fixture(scope="module")
def means(songs: list[RenderedSong]) -> dict[str, dict[str, float]]:
    """The mean metrics of true accompaniments, those of other songs, and noise."""
    rate = songs[0].sample_rate
    accompaniments = [AnalysedSound(song.accompaniment, rate) for song in songs]
    vocals = [AnalysedSound(song.vocal, rate) for song in songs]
    generator = torch.Generator().manual_seed(0)
    white = 0.1 * torch.randn(songs[0].accompaniment.shape, generator=generator)
    white_noise = AnalysedSound(white, rate)
    rows: dict[str, list[dict[str, float]]] = {"true": [], "mismatched": [], "noise": []}
    for true, vocal, song in zip(accompaniments, vocals, songs, strict=True):
        sheet = song.score.lead_sheet
        for sound in [*accompaniments, white_noise]:
            kind = "true" if sound is true else "noise" if sound is white_noise else "mismatched"
            rows[kind].append(measure_song(MetricInput(sound, vocal, true, sheet, sheet)))
    return {
        kind: {
            metric.name: float(np.mean([row[metric.name] for row in measured]))
            for metric in SONG_METRICS
        }
        for kind, measured in rows.items()
    }


@pytest.mark.parametrize("name", MUSICAL)
def test_true_accompaniments_beat_mismatched_ones_and_noise(
    name: str, means: dict[str, dict[str, float]]
) -> None:
    for kind in ("mismatched", "noise"):
        assert means["true"][name] > means[kind][name] + 0.2, kind


def test_mismatched_accompaniments_sound_as_good_as_true_ones(
    means: dict[str, dict[str, float]],
) -> None:
    """Loudness, silence and clipping do not depend on the fit."""
    true, mismatched = means["true"], means["mismatched"]
    for name, tolerance in (("loudness_lufs", 0.5), ("silent", 0.05), ("clipped", 1.0)):
        assert true[name] == pytest.approx(mismatched[name], abs=tolerance)
