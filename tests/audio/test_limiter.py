import math

import pytest
import torch

from samuel_gen.audio.limiter import LOOK_AHEAD, LimitedRecording
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.audio.streams import BLOCK_SAMPLES
from samuel_gen.audio.true_peak import true_peak

RATE = 44_100
CEILING = -1.0


def whole(recording) -> torch.Tensor:
    return torch.cat(list(recording.blocks(recording.sample_rate)), dim=1)


def hits(seconds: float, rate: int = RATE) -> torch.Tensor:
    """Noise bursts and low notes, with peaks of about 6 dB over full scale."""
    generator = torch.Generator().manual_seed(0)
    time = torch.arange(round(seconds * rate)) / rate
    noise = torch.randn(2, time.shape[0], generator=generator) * torch.exp(-30 * (time % 0.25))
    return 0.5 * noise + 0.5 * torch.sin(2 * math.pi * 55 * time) * (time % 1 < 0.5)


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
def test_no_true_peak_passes_the_ceiling(rate: int) -> None:
    sound = hits(3.0, rate)
    limited = whole(LimitedRecording(MemoryRecording(sound, rate), 1.5, CEILING))
    assert true_peak(1.5 * sound, rate) > 3
    assert limited.shape == sound.shape
    assert CEILING - 0.3 < true_peak(limited, rate) <= CEILING


def test_samples_far_from_peaks_keep_the_plain_gain() -> None:
    sound = 0.2 * hits(1.0)
    sound[:, RATE // 2] = 3.0
    limited = whole(LimitedRecording(MemoryRecording(sound, RATE), 0.9, CEILING))
    reach = round(2.1 * LOOK_AHEAD * RATE)
    near = slice(RATE // 2 - reach, RATE // 2 + reach)
    changed = (limited - 0.9 * sound).abs().amax(0) > 0
    assert changed[near].any()
    changed[near] = False
    assert not changed.any()


def test_the_gain_falls_smoothly_before_a_peak() -> None:
    sound = torch.full((2, RATE), 0.1)
    sound[:, RATE // 2] = 2.0
    gains = whole(LimitedRecording(MemoryRecording(sound, RATE), 1.0, CEILING))[0] / sound[0]
    at = RATE // 2
    assert gains[at] < 0.45
    assert (gains.diff().abs() < 0.02).all()
    assert (gains[at - 700 : at].diff() <= 1e-6).all()


def test_blocks_do_not_change_the_result() -> None:
    sound = torch.cat([torch.zeros(2, BLOCK_SAMPLES - RATE), hits(2.5)], dim=1)
    long = whole(LimitedRecording(MemoryRecording(sound, RATE), 1.5, CEILING))
    start = (BLOCK_SAMPLES - RATE) // 16 * 16
    short = whole(LimitedRecording(MemoryRecording(sound[:, start:], RATE), 1.5, CEILING))
    torch.testing.assert_close(long[:, start:], short, atol=1e-6, rtol=0)


@pytest.mark.parametrize("samples", [1, 15, 700, BLOCK_SAMPLES, BLOCK_SAMPLES + 5])
def test_every_length_is_kept(samples: int) -> None:
    sound = torch.full((2, samples), 2.0)
    limited = whole(LimitedRecording(MemoryRecording(sound, RATE), 1.0, CEILING))
    assert limited.shape == sound.shape
    assert limited.abs().max() <= 10 ** (CEILING / 20)


def test_peaks_between_samples_are_found() -> None:
    time = torch.arange(RATE)
    swell = (8 * torch.sin(math.pi * time / RATE)).clamp(max=1)
    tone = torch.sin(math.pi / 2 * time + math.pi / 4)  # samples at .707, peaks of 1
    sound = (swell * tone).repeat(2, 1)
    limited = whole(LimitedRecording(MemoryRecording(sound, RATE), 1.0, -2.0))
    assert sound.abs().max() < 10 ** (-2 / 20)
    assert true_peak(limited, RATE) == pytest.approx(-2.1, abs=0.05)
