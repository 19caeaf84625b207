"""Key, scale, chords and pitch classes of triads whose answer is known."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.evaluation.tonality import (
    chord_share,
    key_agreement,
    relative_key_agreement,
    scale_share,
    true_chroma_correlation,
    vocal_harmony,
)
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet
from tests.evaluation.songs import (
    C_MAJOR,
    RATE,
    SECONDS,
    chords,
    make_input,
    make_sheet,
    noise,
    silence,
)

A_MINOR = ((9, 0, 4), (2, 5, 9), (4, 8, 11), (9, 0, 4))
C_MINOR = ((0, 3, 7), (5, 8, 0), (7, 11, 2), (0, 3, 7))
ROOTS = [(triad[0],) for triad in C_MAJOR]
SHEET = make_sheet()


def chord_input(
    accompaniment: Tensor,
    vocal: Tensor | None = None,
    true: Tensor | None = None,
    sheet: LeadSheet | None = SHEET,
) -> MetricInput:
    """An accompaniment of a song whose true accompaniment is `chords()`."""
    return make_input(accompaniment, vocal, chords() if true is None else true, sheet)


@pytest.fixture(scope="module")
def true_input() -> MetricInput:
    return chord_input(chords(), chords(0, ROOTS))


def test_the_key_and_its_relative_key(true_input: MetricInput) -> None:
    assert key_agreement(true_input) == relative_key_agreement(true_input) == 1
    relative, parallel, semitone = (
        chord_input(sound) for sound in (chords(0, A_MINOR), chords(0, C_MINOR), chords(1))
    )
    assert (key_agreement(relative), relative_key_agreement(relative)) == (0, 1)
    for wrong in (parallel, semitone):
        assert key_agreement(wrong) == relative_key_agreement(wrong) == 0


def test_the_relative_key_of_a_minor_song_is_major() -> None:
    sheet = make_sheet(key="A minor")
    minor = chord_input(chords(0, A_MINOR), sheet=sheet)
    major = chord_input(chords(), sheet=sheet)
    assert (key_agreement(minor), relative_key_agreement(minor)) == (1, 1)
    assert (key_agreement(major), relative_key_agreement(major)) == (0, 1)


def test_without_a_sheet_the_key_is_the_vocals() -> None:
    tune = [(0,), (4,), (7,), (0,), (5,), (2,), (11,), (0,)]
    for shift, agrees in ((0, 1), (4, 0)):
        inputs = chord_input(chords(), chords(shift, tune), sheet=None)
        assert key_agreement(inputs) == relative_key_agreement(inputs) == agrees
        assert (scale_share(inputs) > 0.95) == agrees


def test_the_share_of_power_on_the_scale(true_input: MetricInput) -> None:
    assert scale_share(true_input) > 0.97
    assert scale_share(chord_input(noise())) == pytest.approx(7 / 12, abs=0.03)
    assert scale_share(chord_input(chords(6))) < 0.35  # F# major shares two of C's seven tones
    half = chords(0, [(0, 1)])  # one tone of two
    share = scale_share(chord_input(half))
    assert share == pytest.approx(0.5, abs=0.05)
    relative = chord_input(half, sheet=make_sheet(key="A minor"))
    assert scale_share(relative) == pytest.approx(share, abs=1e-9)  # the same scale


def test_the_share_of_power_on_the_current_chord(true_input: MetricInput) -> None:
    assert chord_share(true_input) > 0.9  # a window can span two chords
    assert chord_share(chord_input(noise())) == pytest.approx(3 / 12, abs=0.03)
    late = chord_input(chords().roll(4 * RATE, dims=1))  # in key, but two chords late
    assert scale_share(late) > 0.97 and chord_share(late) < 0.5


def test_power_counts_only_while_the_sheet_names_a_chord() -> None:
    held = chords(0, [(0, 4, 7)])
    fifth = make_sheet("C5")
    assert chord_share(chord_input(held, sheet=fifth)) == pytest.approx(2 / 3, abs=0.08)
    first = replace(SHEET, chords=(SHEET.chords[0], ChordChange(3, None)))
    assert chord_share(chord_input(chords(), sheet=first)) > 0.9
    for empty in ((), (ChordChange(0, None),)):
        assert math.isnan(chord_share(chord_input(held, sheet=replace(SHEET, chords=empty))))


def test_correlation_with_the_true_chroma_by_frame(true_input: MetricInput) -> None:
    assert true_chroma_correlation(true_input) == pytest.approx(1, abs=1e-6)
    assert true_chroma_correlation(chord_input(0.1 * chords())) == pytest.approx(1, abs=1e-3)
    assert true_chroma_correlation(chord_input(chords(6))) < 0
    assert true_chroma_correlation(chord_input(noise())) == pytest.approx(0, abs=0.1)
    late = true_chroma_correlation(chord_input(chords().roll(2 * RATE, dims=1)))
    assert late < 0.6  # the same notes at another time


def test_missing_frames_count_as_0_and_extra_frames_not_at_all() -> None:
    whole = chords()
    half = whole[:, : round(SECONDS / 2 * RATE)]
    assert true_chroma_correlation(chord_input(half)) == pytest.approx(0.5, abs=0.03)
    assert true_chroma_correlation(chord_input(whole, true=half)) == pytest.approx(1, abs=0.03)
    for share in (scale_share, chord_share):  # these use only the frames that are there
        assert share(chord_input(half)) == pytest.approx(share(chord_input(whole)), abs=0.03)


def test_frames_in_which_the_true_accompaniment_rests_do_not_count() -> None:
    half = round(SECONDS / 2 * RATE)
    true = chords()
    true[:, :half] = 0
    accompaniment = torch.cat([chords(6)[:, :half], true[:, half:]], 1)
    assert true_chroma_correlation(chord_input(accompaniment, true=true)) > 0.95


def test_vocal_harmony_is_high_for_the_sung_notes(true_input: MetricInput) -> None:
    assert vocal_harmony(true_input) > 0.4
    assert vocal_harmony(chord_input(chords(6), chords(0, ROOTS))) < 0.1
    transposed = chord_input(chords(6), chords(6, ROOTS))
    assert vocal_harmony(transposed) == pytest.approx(vocal_harmony(true_input), abs=0.05)


def test_silence_scores_0_and_an_unknown_truth_is_nan() -> None:
    metrics = (
        key_agreement,
        relative_key_agreement,
        scale_share,
        chord_share,
        true_chroma_correlation,
        vocal_harmony,
    )
    mute = chord_input(silence(), chords(0, ROOTS))
    assert [metric(mute) for metric in metrics] == [0.0] * 6
    unknown = chord_input(chords(), true=silence(), sheet=None)
    assert all(math.isnan(metric(unknown)) for metric in metrics)
