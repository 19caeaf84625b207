"""Key, scale, chords and pitch classes of triads whose answer is known."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from samuel_gen.corpus.score import ChordSpan, Score
from samuel_gen.evaluation.clip import Clip
from samuel_gen.evaluation.tonality import (
    chord_share,
    key_agreement,
    relative_key_agreement,
    scale_share,
    true_chroma_likeness,
    voice_harmony,
)
from tests.evaluation.songs import C_MAJOR, RATE, SECONDS, chords, noise, score, silence

A_MINOR = ((9, 0, 4), (2, 5, 9), (4, 8, 11), (9, 0, 4))
C_MINOR = ((0, 3, 7), (5, 8, 0), (7, 11, 2), (0, 3, 7))
ROOTS = [(triad[0],) for triad in C_MAJOR]
KNOWN = score()


def clip(
    band: Tensor,
    vocal: Tensor | None = None,
    true: Tensor | None = None,
    truth: Score | None = KNOWN,
) -> Clip:
    return Clip.of(
        band,
        silence() if vocal is None else vocal,
        chords() if true is None else true,
        RATE,
        truth,
    )


@pytest.fixture(scope="module")
def right() -> Clip:
    return clip(chords(), chords(0, ROOTS))


def test_the_key_and_its_relative(right: Clip) -> None:
    assert key_agreement(right) == relative_key_agreement(right) == 1
    relative, parallel, semitone = (
        clip(band) for band in (chords(0, A_MINOR), chords(0, C_MINOR), chords(1))
    )
    assert (key_agreement(relative), relative_key_agreement(relative)) == (0, 1)
    for wrong in (parallel, semitone):
        assert key_agreement(wrong) == relative_key_agreement(wrong) == 0


def test_the_relative_of_a_minor_song_is_major() -> None:
    minor = clip(chords(0, A_MINOR), truth=replace(KNOWN, tonic=9, mode="minor"))
    major = clip(chords(), truth=replace(KNOWN, tonic=9, mode="minor"))
    assert (key_agreement(minor), relative_key_agreement(minor)) == (1, 1)
    assert (key_agreement(major), relative_key_agreement(major)) == (0, 1)


def test_without_a_score_the_key_is_the_voices() -> None:
    tune = [(0,), (4,), (7,), (0,), (5,), (2,), (11,), (0,)]
    for shift, right in ((0, 1), (4, 0)):
        found = clip(chords(), chords(shift, tune), truth=None)
        assert key_agreement(found) == relative_key_agreement(found) == right
        assert (scale_share(found) > 0.95) == right


def test_the_share_on_the_scale(right: Clip) -> None:
    assert scale_share(right) > 0.97
    assert scale_share(clip(noise())) == pytest.approx(7 / 12, abs=0.03)
    assert scale_share(clip(chords(6))) < 0.35  # of F# major's seven tones two are on C's scale
    half = chords(0, [(0, 1)])  # one tone of two
    assert scale_share(clip(half)) == pytest.approx(0.5, abs=0.05)
    assert scale_share(clip(half, truth=replace(KNOWN, tonic=9, mode="minor"))) == pytest.approx(
        scale_share(clip(half)), abs=1e-9
    )  # a relative key has the same scale


def test_the_share_on_the_chords_of_the_time(right: Clip) -> None:
    assert chord_share(right) > 0.9  # a window spans two chords
    assert chord_share(clip(noise())) == pytest.approx(3 / 12, abs=0.03)
    late = clip(chords().roll(4 * RATE, dims=1))  # in key, two chords behind
    assert scale_share(late) > 0.97 and chord_share(late) < 0.5


def test_the_share_is_of_power_while_a_chord_is_named() -> None:
    held = chords(0, [(0, 4, 7)])
    third = replace(KNOWN, chords=(ChordSpan(0.0, 16.0, 0, "maj", (4,)),))
    assert chord_share(clip(held, truth=third)) == pytest.approx(1 / 3, abs=0.08)
    first = replace(KNOWN, chords=(ChordSpan(0.0, 2.0, 0, "maj", (0, 4, 7)),))
    assert chord_share(clip(chords(), truth=first)) > 0.9  # what comes later is not counted
    assert math.isnan(chord_share(clip(held, truth=replace(KNOWN, chords=()))))


def test_likeness_to_the_true_band_frame_by_frame(right: Clip) -> None:
    assert true_chroma_likeness(right) == pytest.approx(1, abs=1e-6)
    assert true_chroma_likeness(clip(0.1 * chords())) == pytest.approx(1, abs=1e-3)
    assert true_chroma_likeness(clip(chords(6))) < 0
    assert true_chroma_likeness(clip(noise())) == pytest.approx(0, abs=0.1)
    late = true_chroma_likeness(clip(chords().roll(2 * RATE, dims=1)))
    assert late < 0.6  # the same notes at another time


def test_what_has_ended_agrees_with_nothing_and_what_is_longer_is_left_out() -> None:
    whole = chords()
    half = whole[:, : round(SECONDS / 2 * RATE)]
    assert true_chroma_likeness(clip(half)) == pytest.approx(0.5, abs=0.03)
    assert true_chroma_likeness(clip(whole, true=half)) == pytest.approx(1, abs=0.03)
    for share in (scale_share, chord_share):  # of what is played, not of the song
        assert share(clip(half)) == pytest.approx(share(clip(whole)), abs=0.03)


def test_where_the_true_band_rests_nothing_is_compared() -> None:
    true = chords()
    true[:, : round(SECONDS / 2 * RATE)] = 0
    foreign = torch.cat(
        [chords(6)[:, : round(SECONDS / 2 * RATE)], true[:, true.shape[1] // 2 :]], 1
    )
    assert true_chroma_likeness(clip(foreign, true=true)) > 0.95


def test_the_sung_notes_are_met(right: Clip) -> None:
    assert voice_harmony(right) > 0.4
    assert voice_harmony(clip(chords(6), chords(0, ROOTS))) < 0.1
    both = clip(chords(6), chords(6, ROOTS))
    assert voice_harmony(both) == pytest.approx(voice_harmony(right), abs=0.05)


def test_silence_scores_0_and_an_unknown_truth_is_nan() -> None:
    mute = clip(silence(), chords(0, ROOTS))
    figures = (
        key_agreement,
        relative_key_agreement,
        scale_share,
        chord_share,
        true_chroma_likeness,
        voice_harmony,
    )
    assert [figure(mute) for figure in figures] == [0.0] * 6
    unknown = clip(chords(), true=silence(), truth=None)
    assert all(math.isnan(figure(unknown)) for figure in figures)
