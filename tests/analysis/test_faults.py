"""Loudness, peak, silence and clipping of sounds with known figures."""

import math

import pytest
import torch
from torch import Tensor

from samuel_gen.analysis.faults import (
    count_clipped,
    loudness,
    peak,
    silent_block_share,
    silent_share,
)
from samuel_gen.analysis.fit import measure_fit
from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.audio.recording import MemoryRecording

RATE = 48_000


def sine(seconds: float = 4.0, frequency: float = 997.0, phase: float = 0.0) -> Tensor:
    """A stereo sine at full scale."""
    time = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    return torch.sin(2 * torch.pi * frequency * time + phase).float().repeat(2, 1)


def steps(*decibels: float) -> Tensor:
    """Half a second of sine at each level in dB, where 0 dB is a mean square of 1."""
    gain = torch.tensor([math.sqrt(2) * 10 ** (each / 20) for each in decibels])
    return sine(0.5 * len(decibels), 1000.0) * gain.repeat_interleave(RATE // 2)


def test_loudness_follows_the_recommendation() -> None:
    """Two channels of a 997 Hz sine at full scale have 0 LUFS."""
    assert loudness(sine(), RATE) == pytest.approx(0.0, abs=0.05)
    assert loudness(0.1 * sine(), RATE) == pytest.approx(-20.0, abs=0.05)


def test_the_peak_can_lie_between_samples() -> None:
    tone = sine(frequency=RATE / 4, phase=math.pi / 4)
    assert tone.abs().max() == pytest.approx(math.sqrt(0.5), abs=1e-3)
    inner = tone * torch.hann_window(tone.shape[1])  # an edge would ring
    assert peak(inner, RATE) == pytest.approx(0.0, abs=0.1)
    assert peak(0.5 * inner, RATE) == pytest.approx(peak(inner, RATE) - 6.02, abs=0.01)


@pytest.mark.parametrize("sound", [torch.zeros(2, RATE), torch.zeros(2, 0), 1e-7 * sine()])
def test_silence_has_the_lowest_figures(sound: Tensor) -> None:
    assert (loudness(sound, RATE), peak(sound, RATE)) == (-70.0, -120.0)
    assert silent_share(sound, RATE) == 1
    assert count_clipped(sound) == 0


def test_a_block_40_db_below_the_loudest_is_silent() -> None:
    assert silent_share(steps(-10, -49.5, -50.5, -10), RATE) == 1 / 4
    assert silent_share(steps(-10, -60, -60, -10), RATE) == 1 / 2
    for gain in (0.1, 0.5):
        assert silent_share(gain * steps(-10, -49.5, -50.5, -10), RATE) == 1 / 4


def test_a_block_below_70_dbfs_is_silent() -> None:
    assert silent_share(steps(-69.5, -69.5), RATE) == 0
    assert silent_share(steps(-69.5, -70.5), RATE) == 1 / 2
    assert silent_share(steps(-70.5, -70.5), RATE) == 1


def test_one_silent_channel_and_rests_between_beats_are_no_silence() -> None:
    for mute in (0, 1):
        one = steps(-10, -10)
        one[mute] = 0
        assert silent_share(one, RATE) == 0
    beats = steps(*[-10.0] * 8)
    beats *= (torch.arange(beats.shape[1]) % (RATE // 2) < RATE // 20).float()
    assert silent_share(beats, RATE) == 0


def test_a_shorter_rest_at_the_end_is_a_block() -> None:
    whole = steps(-10, -10, -10)
    assert silent_share(torch.cat([whole, torch.zeros(2, 100)], 1), RATE) == 1 / 4
    assert silent_share(whole[:, :100], RATE) == 0
    assert silent_block_share([]) == 1 and silent_block_share([1.0, 1.1e-4, 0.9e-4, 0.0]) == 1 / 2


def test_the_fit_of_a_stream_has_the_faults_of_the_whole() -> None:
    mute = MelodyTrack(torch.zeros(14, 0), 0.0, torch.zeros(0))
    sound = torch.cat([steps(-10, -80, -6, -55, -42), steps(-80)[:, :777]], 1)
    sound[1, 5000:5003] = -0.9995
    fit = measure_fit(MemoryRecording(sound, RATE), mute, 0.05)
    assert fit.silent_share == silent_share(sound, RATE) == 3 / 6
    assert fit.clipped == count_clipped(sound) == 3


def test_samples_with_any_full_channel_are_clipped() -> None:
    sound = torch.zeros(2, 10)
    sound[0, 1:4] = torch.tensor([0.9985, 0.9995, 1.3])
    sound[1, 3:6] = torch.tensor([-1.0, -0.9995, -0.9985])
    assert count_clipped(sound) == 3
    assert count_clipped(torch.zeros(2, 0)) == 0
