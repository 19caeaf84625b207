"""Agreements on made-up chroma and onsets with known answers."""

import numpy as np
import pytest
import torch

from samuel_gen.analysis.agreement import harmony_agreement, pulse_agreement
from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.analysis.music import CHROMA_SECONDS, ONSET_SECONDS, MusicAnalysis

FRAME = 2048 / 44_100
SECONDS = 20.0
ONSETS = np.cumsum(np.random.default_rng(0).uniform(0.3, 0.9, 30))[:28]


def make_melody(pitch: int = 0) -> MelodyTrack:
    """One pitch class throughout, with onsets at ONSETS."""
    features = torch.zeros(14, round(SECONDS / FRAME))
    features[pitch], features[12] = 1.0, 1.0
    features[13, (torch.as_tensor(ONSETS[ONSETS < SECONDS]) / FRAME).long()] = 1.0
    return MelodyTrack(features, 0.0, features[12])


def make_music(pitch: int = 0, delay: float = 0.0) -> MusicAnalysis:
    """One pitch class throughout, with onsets a little after ONSETS."""
    chroma = np.zeros((12, round(SECONDS / CHROMA_SECONDS)))
    chroma[pitch] = 1.0
    times = np.arange(round(SECONDS / ONSET_SECONDS)) * ONSET_SECONDS
    distance = np.abs(times[:, None] - (ONSETS + delay)).min(1)
    return MusicAnalysis(chroma, np.exp(-0.5 * (distance / 0.03) ** 2), SECONDS)


def test_equal_pitch_classes_correlate_fully() -> None:
    assert harmony_agreement(make_melody(3), FRAME, make_music(3)) == pytest.approx(1.0)
    other = harmony_agreement(make_melody(3), FRAME, make_music(4))
    assert other == pytest.approx(-1 / 11)


def test_transposing_both_changes_nothing() -> None:
    music = make_music(0)
    shifted = MusicAnalysis(np.roll(music.chroma, 5, 0), music.onset_strength, SECONDS)
    one = harmony_agreement(make_melody(0), FRAME, music)
    assert harmony_agreement(make_melody(5), FRAME, shifted) == pytest.approx(one)


def test_onsets_at_the_sung_onsets_agree_and_shifted_ones_do_not() -> None:
    melody = make_melody()
    assert pulse_agreement(melody, FRAME, make_music()) > 0.9
    for delay in (-0.2, 0.2):
        assert pulse_agreement(melody, FRAME, make_music(delay=delay)) < 0.3


def test_silence_agrees_with_nothing() -> None:
    silent = MusicAnalysis(np.zeros((12, 400)), np.zeros(1700), SECONDS)
    assert harmony_agreement(make_melody(), FRAME, silent) == 0
    assert pulse_agreement(make_melody(), FRAME, silent) == 0
    mute = MelodyTrack(torch.zeros(14, 430), 0.0, torch.zeros(430))
    assert harmony_agreement(mute, FRAME, make_music()) == 0
    assert pulse_agreement(mute, FRAME, make_music()) == 0


def test_the_end_of_the_longer_one_does_not_count() -> None:
    music = make_music()
    half = round(SECONDS / 2 / CHROMA_SECONDS)
    chroma = np.concatenate([music.chroma[:, :half], np.roll(music.chroma, 6, 0)[:, half:]], 1)
    mixed = MusicAnalysis(chroma, music.onset_strength, SECONDS)
    first = MelodyTrack(make_melody().features[:, :150], 0.0, torch.ones(150))
    assert harmony_agreement(first, FRAME, mixed) == pytest.approx(1.0, abs=1e-6)
