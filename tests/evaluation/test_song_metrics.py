"""The table of figures, and all of them on rendered songs; each on its own is tested elsewhere."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from samuel_gen.analysis.faults import clipped_samples, loudness, peak, silent_share
from samuel_gen.corpus.song import RenderedSong, render_song
from samuel_gen.evaluation.clip import Clip, Heard
from samuel_gen.evaluation.song_metrics import SONG_METRICS, measured
from tests.evaluation.songs import BEATS, RATE, chords, clicks, noise, score, silence

FITTING = [metric.name for metric in SONG_METRICS if metric.better == "higher"]
NEED_A_SCORE = {metric.name for metric in SONG_METRICS if metric.needs == "score"}
NEED_A_KEY = {"key", "relative_key", "scale"}  # of the score or the voice
NEED_A_VOICE = {"chroma_voice", "pulse_voice"}
TUNE = [(0,), (9,), (5,), (7,), (4,), (0,), (2,), (0,)]


@pytest.fixture(scope="module")
def right() -> Clip:
    """All is known; the voice sings, and the band is the true one."""
    band = chords() + clicks(BEATS)
    return Clip.of(band, chords(0, TUNE), band, RATE, score())


def unknown(found: dict[str, float]) -> set[str]:
    return {name for name, figure in found.items() if math.isnan(figure)}


def test_every_metric_has_a_name_of_its_own_and_one_line(right: Clip) -> None:
    names = [metric.name for metric in SONG_METRICS]
    assert len(set(names)) == len(names)
    assert list(measured(right)) == names
    assert all(0 < len(metric.explanation) < 70 for metric in SONG_METRICS)


def test_the_true_band_has_the_best_figures(right: Clip) -> None:
    found = measured(right)
    for name in ("key", "relative_key", "tempo", "tempo_octaves", "onset_f"):
        assert found[name] == 1, name
    for name in ("scale", "chord", "chroma_true", "beat_f"):
        assert found[name] > 0.9, name


def test_a_figure_is_of_the_band_that_is_judged(right: Clip) -> None:
    """Not of the true band or the voice, which are softer here."""
    sound = 3 * noise().repeat(2, 1)
    found = measured(replace(right, band=Heard(sound, RATE)))
    assert found["loudness_lufs"] == loudness(sound, RATE)
    assert found["true_peak_dbtp"] == peak(sound, RATE)
    assert found["clipped"] == clipped_samples(sound) > 0
    half = torch.cat([silence(), sound[:1]], dim=1)
    assert measured(replace(right, band=Heard(half, RATE)))["silent"] == silent_share(half, RATE)
    assert silent_share(half, RATE) == 0.5


def test_what_is_unknown_is_nan_and_nothing_else(right: Clip) -> None:
    mute = Heard(silence(), RATE)
    assert NEED_A_SCORE == {"chord", "pulse_grid"}
    assert unknown(measured(right)) == set()
    assert unknown(measured(replace(right, score=None))) == NEED_A_SCORE
    assert unknown(measured(replace(right, vocal=mute))) == NEED_A_VOICE
    neither = measured(replace(right, score=None, vocal=mute))
    assert unknown(neither) == NEED_A_SCORE | NEED_A_KEY | NEED_A_VOICE
    nothing = measured(Clip(right.band, mute, mute))
    assert unknown(nothing) == set(FITTING)


@pytest.mark.parametrize("band", [silence(), silence()[:, :0], 1e-5 * chords()])
def test_what_nobody_hears_agrees_with_nothing(band: torch.Tensor, right: Clip) -> None:
    found = measured(replace(right, band=Heard(band, RATE)))
    assert all(found[name] == 0 for name in FITTING)
    assert (found["loudness_lufs"], found["silent"], found["clipped"]) == (-70, 1, 0)


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.6, 1.1, 40.0])
def test_a_band_of_any_length_has_figures(seconds: float, right: Clip) -> None:
    band = right.band.sound.repeat(1, 3)[:, : round(seconds * RATE)]
    found = measured(replace(right, band=Heard(band, RATE)))
    assert not unknown(found)
    assert all(-1 <= found[name] <= 1 + 1e-9 for name in FITTING)


@pytest.fixture(scope="module")
def songs() -> list[RenderedSong]:
    return [render_song(seed, seconds=16.0) for seed in (30, 31, 34, 36)]


@pytest.fixture(scope="module")
def figures(songs: list[RenderedSong]) -> dict[str, dict[str, float]]:
    """Means over each song with its own band, with each other band, and with noise."""
    rate = songs[0].sample_rate
    bands = [Heard(song.accompaniment, rate) for song in songs]
    voices = [Heard(song.vocal, rate) for song in songs]
    generator = torch.Generator().manual_seed(0)
    hiss = Heard(0.1 * torch.randn(songs[0].accompaniment.shape, generator=generator), rate)
    rows: dict[str, list[dict[str, float]]] = {"own": [], "other": [], "noise": []}
    for true, voice, song in zip(bands, voices, songs, strict=True):
        for band in [*bands, hiss]:
            kind = "own" if band is true else "noise" if band is hiss else "other"
            rows[kind].append(measured(Clip(band, voice, true, song.score)))
    return {
        kind: {
            metric.name: float(np.mean([row[metric.name] for row in found]))
            for metric in SONG_METRICS
        }
        for kind, found in rows.items()
    }


@pytest.mark.parametrize("name", FITTING)
def test_true_bands_of_rendered_songs_fit_better_than_foreign_ones_and_noise(
    name: str, figures: dict[str, dict[str, float]]
) -> None:
    for kind in ("other", "noise"):
        assert figures["own"][name] > figures[kind][name] + 0.2, kind


def test_foreign_bands_sound_as_well_as_true_ones(figures: dict[str, dict[str, float]]) -> None:
    """Level, silence and clipping say nothing of whether a band fits."""
    own, other = figures["own"], figures["other"]
    for name, apart in (("loudness_lufs", 0.5), ("silent", 0.05), ("clipped", 1.0)):
        assert own[name] == pytest.approx(other[name], abs=apart)
