"""Each metric on music whose answer is known, and all of them on rendered songs."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from samuel_gen.corpus.song import render_song
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation.clip import Clip, Heard
from samuel_gen.evaluation.rhythm import (
    beat_f_measure,
    grid_pulse,
    onset_f_measure,
    tempo_agreement,
    tempo_octave_agreement,
    voice_pulse,
)
from samuel_gen.evaluation.song_metrics import SONG_METRICS, measured
from samuel_gen.evaluation.sound import clipped_samples, loudness, peak, silent_share
from samuel_gen.evaluation.tonality import (
    chord_share,
    key_agreement,
    relative_key_agreement,
    scale_share,
    true_chroma_likeness,
    voice_harmony,
)
from tests.evaluation.songs import BEATS, RATE, SECONDS, chords, clicks, noise, score, silence

FITTING = [metric for metric in SONG_METRICS if metric.better == "higher"]


def clip(band: Tensor, vocal: Tensor | None = None, true: Tensor | None = None, known=True) -> Clip:
    true = chords() + clicks(BEATS) if true is None else true
    vocal = silence() if vocal is None else vocal
    return Clip.of(band, vocal, true, RATE, score() if known else None)


@pytest.fixture(scope="module")
def right() -> Clip:
    return clip(chords() + clicks(BEATS))


def test_the_key_is_right_in_c_and_in_its_relative_only_where_that_counts(right: Clip) -> None:
    assert key_agreement(right) == relative_key_agreement(right) == 1
    assert key_agreement(clip(chords(1))) == relative_key_agreement(clip(chords(1))) == 0
    a_minor = chords(0, ((9, 0, 4), (2, 5, 9), (4, 8, 11), (9, 0, 4)))
    assert key_agreement(clip(a_minor)) == 0 and relative_key_agreement(clip(a_minor)) == 1


def test_shares_of_power_on_scale_and_chord(right: Clip) -> None:
    assert scale_share(right) > 0.97 and chord_share(right) > 0.9  # a window spans two chords
    assert scale_share(clip(noise())) == pytest.approx(7 / 12, abs=0.03)
    assert chord_share(clip(noise())) == pytest.approx(3 / 12, abs=0.03)
    late = chords().roll(4 * RATE, dims=1)  # in key, two chords behind
    assert scale_share(clip(late)) > 0.97 and chord_share(clip(late)) < 0.5
    assert scale_share(clip(chords(6))) < 0.35  # of F# major's seven tones two are on C's scale


def test_chroma_is_compared_frame_by_frame(right: Clip) -> None:
    assert true_chroma_likeness(right) == pytest.approx(1, abs=1e-6)
    assert true_chroma_likeness(clip(chords(6))) < 0.0
    assert true_chroma_likeness(clip(noise())) == pytest.approx(0, abs=0.1)
    half = true_chroma_likeness(clip(right.band.sound[:, : round(SECONDS / 2 * RATE)]))
    assert half == pytest.approx(0.5, abs=0.05)  # what has ended agrees with nothing


def test_the_voices_notes_and_onsets_are_met() -> None:
    """A voice that sings each chord's root, struck with the chord."""
    roots = chords(0, [(triad[0],) for triad in ((0, 4, 7), (9, 0, 4), (5, 9, 0), (7, 11, 2))])
    own = clip(chords(), roots)
    assert voice_harmony(own) > 0.4 > 0.1 > voice_harmony(clip(chords(6), roots))
    late = chords().roll(round(0.4 * RATE), dims=1)
    assert voice_pulse(own) > 0.5 > voice_pulse(clip(late, roots))


def test_beats_within_70_ms_count_and_those_beyond_do_not(right: Clip) -> None:
    assert beat_f_measure(right) > 0.95
    true = np.array(BEATS)
    assert beat_f_measure(clip(clicks(true[:-1] + 0.05))) > 0.9
    assert beat_f_measure(clip(clicks(true[:-1] + 0.15))) < 0.1
    assert beat_f_measure(clip(silence())) == 0


def test_tempo_and_its_octaves(right: Clip) -> None:
    assert tempo_agreement(right) == tempo_octave_agreement(right) == 1
    near, far = (clip(clicks(np.arange(0.5, SECONDS, 60 / bpm))) for bpm in (123, 140))
    assert tempo_agreement(near) == 1 and tempo_agreement(far) == tempo_octave_agreement(far) == 0
    half = clip(clicks(np.arange(0.5, SECONDS, 1.0)))
    assert tempo_octave_agreement(half) == 1


def test_onsets_within_50_ms(right: Clip) -> None:
    true = clicks(BEATS)
    assert onset_f_measure(clip(true, true=true)) == 1
    moved, far = (clip(clicks(np.array(BEATS[:-1]) + by), true=true) for by in (0.03, 0.12))
    assert onset_f_measure(moved) > 0.9 and onset_f_measure(far) < 0.1
    half = onset_f_measure(clip(clicks(BEATS[::2]), true=true))
    assert half == pytest.approx(2 / 3, abs=0.05)  # all right, half of them missing


def test_what_begins_on_the_eighths(right: Clip) -> None:
    eighths = np.arange(0.5, SECONDS - 0.5, 0.25)
    assert grid_pulse(clip(clicks(eighths))) > 0.6
    assert grid_pulse(clip(clicks(eighths + 0.125))) < 0
    assert grid_pulse(clip(noise())) == pytest.approx(0, abs=0.1)


def test_loudness_peak_silence_and_clipping() -> None:
    sine = torch.sin(2 * torch.pi * 997 * torch.arange(10 * 48_000) / 48_000).repeat(2, 1)
    assert loudness(0.1 * sine, 48_000) == pytest.approx(-20.0, abs=0.1)  # BS.1770: 0 dBFS is 0
    assert peak(0.5 * sine, 48_000) == pytest.approx(-6.02, abs=0.05)
    assert (loudness(0 * sine, 48_000), peak(0 * sine, 48_000)) == (-70, -120)
    assert silent_share(0 * sine, 48_000) == silent_share(sine[:, :0], 48_000) == 1
    gated = sine.clone()
    gated[:, : 4 * 48_000] = 0
    assert silent_share(gated, 48_000) == 0.4
    assert silent_share(sine, 48_000) == 0
    assert clipped_samples((4 * sine).clamp(-1, 1)) > 100_000 and clipped_samples(0.9 * sine) == 0


def test_silence_agrees_with_nothing_and_what_is_unknown_is_nan() -> None:
    found = measured(clip(silence(), chords()))
    assert all(found[metric.name] == 0 for metric in FITTING)
    unknown = measured(clip(chords(), known=False))
    for metric in SONG_METRICS:
        needs = metric.needs == "score" or metric.name in {
            "key",
            "relative_key",
            "scale",
            "chroma_voice",
            "pulse_voice",
        }
        assert math.isnan(unknown[metric.name]) == needs, metric.name


def test_without_a_score_the_truth_is_heard() -> None:
    """The key in the voice, the beats and the tempo in the true band."""
    voice = chords(0, [(0,), (9,), (5,), (7,), (4,), (0,), (2,), (0,)])
    found = measured(clip(chords() + clicks(BEATS), voice, known=False))
    assert found["relative_key"] == 1 and found["beat_f"] == 1 and found["tempo"] == 1


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(SamuelError, match="2 samples are NaN"):
        Heard(torch.tensor([[0.0, math.nan, math.inf]]), RATE)


def test_every_metric_has_a_name_of_its_own_and_one_line() -> None:
    names = [metric.name for metric in SONG_METRICS]
    assert len(set(names)) == len(names) == len(measured(clip(chords())))
    assert all(0 < len(metric.explanation) < 70 for metric in SONG_METRICS)


def test_true_bands_of_rendered_songs_fit_better_than_foreign_ones() -> None:
    songs = [render_song(seed, seconds=16.0) for seed in (30, 31, 34, 36)]
    rate = songs[0].sample_rate
    bands = [Heard(song.accompaniment, rate) for song in songs]
    voices = [Heard(song.vocal, rate) for song in songs]
    own, other = [], []
    for index, song in enumerate(songs):
        true = bands[index]
        own.append(measured(Clip(true, voices[index], true, song.score)))
        foreign = bands[(index + 1) % len(songs)]
        other.append(measured(Clip(foreign, voices[index], true, song.score)))
    for metric in FITTING:
        mine, theirs = (np.mean([row[metric.name] for row in rows]) for rows in (own, other))
        assert mine > theirs + 0.1, metric.name
