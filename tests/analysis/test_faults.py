"""Levels, silence and clipping of sounds whose figures are known."""

import math

import pytest
import torch
from torch import Tensor

from samuel_gen.analysis.faults import (
    clipped_samples,
    loudness,
    peak,
    silent_blocks,
    silent_share,
)
from samuel_gen.analysis.fit import fit
from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.audio.recording import Sound

RATE = 48_000


def sine(seconds: float = 4.0, frequency: float = 997.0, phase: float = 0.0) -> Tensor:
    """In stereo, at full scale."""
    time = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    return torch.sin(2 * torch.pi * frequency * time + phase).float().repeat(2, 1)


def levels(*decibels: float) -> Tensor:
    """Half a second of sine at each level, against a mean square of 1."""
    gain = torch.tensor([math.sqrt(2) * 10 ** (each / 20) for each in decibels])
    return sine(0.5 * len(decibels), 1000.0) * gain.repeat_interleave(RATE // 2)


def test_loudness_is_that_of_the_recommendation() -> None:
    """Two channels of a 997 Hz sine at full scale have 0 LUFS."""
    assert loudness(sine(), RATE) == pytest.approx(0.0, abs=0.05)
    assert loudness(0.1 * sine(), RATE) == pytest.approx(-20.0, abs=0.05)


def test_the_peak_lies_between_samples_too() -> None:
    between = sine(frequency=RATE / 4, phase=math.pi / 4)
    assert between.abs().max() == pytest.approx(math.sqrt(0.5), abs=1e-3)
    inner = between * torch.hann_window(between.shape[1])  # an edge would ring
    assert peak(inner, RATE) == pytest.approx(0.0, abs=0.1)
    assert peak(0.5 * inner, RATE) == pytest.approx(peak(inner, RATE) - 6.02, abs=0.01)


@pytest.mark.parametrize("sound", [torch.zeros(2, RATE), torch.zeros(2, 0), 1e-7 * sine()])
def test_silence_has_the_least_figures(sound: Tensor) -> None:
    assert (loudness(sound, RATE), peak(sound, RATE)) == (-70.0, -120.0)
    assert silent_share(sound, RATE) == 1
    assert clipped_samples(sound) == 0


def test_silent_is_what_lies_40_db_below_the_loudest_block() -> None:
    assert silent_share(levels(-10, -49.5, -50.5, -10), RATE) == 1 / 4
    assert silent_share(levels(-10, -60, -60, -10), RATE) == 1 / 2
    for gain in (0.1, 0.5):  # whatever the level
        assert silent_share(gain * levels(-10, -49.5, -50.5, -10), RATE) == 1 / 4


def test_silent_is_what_lies_below_70_db_whatever_the_rest() -> None:
    assert silent_share(levels(-69.5, -69.5), RATE) == 0
    assert silent_share(levels(-69.5, -70.5), RATE) == 1 / 2
    assert silent_share(levels(-70.5, -70.5), RATE) == 1


def test_a_sound_in_one_channel_is_no_silence_and_rests_between_beats_are_none() -> None:
    for mute in (0, 1):
        one = levels(-10, -10)
        one[mute] = 0
        assert silent_share(one, RATE) == 0
    beats = levels(*[-10.0] * 8)
    beats *= (torch.arange(beats.shape[1]) % (RATE // 2) < RATE // 20).float()
    assert silent_share(beats, RATE) == 0


def test_what_is_left_at_the_end_is_a_block() -> None:
    whole = levels(-10, -10, -10)
    assert silent_share(torch.cat([whole, torch.zeros(2, 100)], 1), RATE) == 1 / 4
    assert silent_share(whole[:, :100], RATE) == 0
    assert silent_blocks([]) == 1 and silent_blocks([1.0, 1.1e-4, 0.9e-4, 0.0]) == 1 / 2


def test_a_stream_is_as_silent_and_as_clipped_as_the_whole() -> None:
    """`fit` watches a band in blocks; both share one definition."""
    mute = MelodyTrack(torch.zeros(14, 0), 0.0, torch.zeros(0))
    sound = torch.cat([levels(-10, -80, -6, -55, -42), levels(-80)[:, :777]], 1)
    sound[1, 5000:5003] = -0.9995
    watched = fit(Sound(sound, RATE), mute, 0.05)
    assert watched.silent_share == silent_share(sound, RATE) == 3 / 6
    assert watched.clipped == clipped_samples(sound) == 3


def test_clipped_is_an_instant_at_which_some_channel_is_full() -> None:
    sound = torch.zeros(2, 10)
    sound[0, 1:4] = torch.tensor([0.9985, 0.9995, 1.3])
    sound[1, 3:6] = torch.tensor([-1.0, -0.9995, -0.9985])
    assert clipped_samples(sound) == 3
    assert clipped_samples(torch.zeros(2, 0)) == 0
