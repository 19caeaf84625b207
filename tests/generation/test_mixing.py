import math

import pytest
import torch

from samuel_gen.audio.loudness import integrated_loudness, measure_recording
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.audio.true_peak import true_peak
from samuel_gen.generation.mixing import (
    CEILING,
    MIX_LOUDNESS,
    MOST_LIMITING,
    loudness_gain,
    mix,
    splice_segment,
)

RATE = 44_100


def tone(amplitude: float, hertz: float = 440.0, seconds: float = 3.0) -> torch.Tensor:
    time = torch.arange(round(seconds * RATE)) / RATE
    return amplitude * torch.sin(2 * math.pi * hertz * time).repeat(2, 1)


def whole(recording) -> torch.Tensor:
    return torch.cat(list(recording.blocks(RATE)), dim=1)


def test_the_gain_reaches_the_loudness_or_the_most_limiting() -> None:
    level = measure_recording(MemoryRecording(tone(0.3), RATE))
    soft = loudness_gain(level, -25.0) * tone(0.3)
    assert integrated_loudness(soft, RATE) == pytest.approx(-25, abs=0.01)
    loud = loudness_gain(level, 12.0) * tone(0.3)
    assert true_peak(loud, RATE) == pytest.approx(CEILING + MOST_LIMITING, abs=0.01)


@pytest.mark.parametrize("amplitude", [1e-3, 0.02, 0.7])
def test_a_mix_has_the_loudness_of_records_whatever_the_vocal(amplitude: float) -> None:
    vocal, accompaniment = tone(amplitude), tone(amplitude, 660)
    result = mix(MemoryRecording(vocal, RATE), MemoryRecording(accompaniment, RATE))
    assert integrated_loudness(whole(result), RATE) == pytest.approx(MIX_LOUDNESS, abs=0.01)
    assert torch.allclose(whole(result), result.gain * (vocal + accompaniment))


def test_the_limiter_lets_a_mix_with_peaks_be_louder() -> None:
    clicks = torch.zeros(2, 3 * RATE)
    clicks[:, :: RATE // 4] = 0.5
    vocal, accompaniment = MemoryRecording(tone(0.01), RATE), MemoryRecording(clicks, RATE)
    result = mix(vocal, accompaniment)
    both = tone(0.01) + clicks
    assert CEILING - 0.5 < true_peak(whole(result), RATE) <= CEILING
    assert true_peak(result.gain * both, RATE) == pytest.approx(CEILING + MOST_LIMITING, abs=0.01)
    assert integrated_loudness(whole(result), RATE) < MIX_LOUDNESS - 1  # but not by all means


@pytest.mark.parametrize("amplitude", [0.1, 0.8, 5.0])
def test_a_loud_patch_is_limited_and_the_rest_stays(amplitude: float) -> None:
    accompaniment = MemoryRecording(tone(0.3), RATE)
    patch = tone(amplitude, 330, 1.0)
    result = whole(splice_segment(accompaniment, RATE, patch, 2000))
    before, after = slice(0, RATE), slice(2 * RATE, None)
    assert torch.equal(result[:, before], tone(0.3)[:, before])
    assert torch.equal(result[:, after], tone(0.3)[:, after])
    assert true_peak(result, RATE) <= CEILING + 1e-3
    middle = slice(round(1.2 * RATE), round(1.8 * RATE))
    loudest = float(result[:, middle].abs().max())
    assert min(amplitude, 0.78) - 0.01 < loudest < min(amplitude, 0.89) + 0.01


def test_a_patch_is_turned_down_where_its_fades_clip() -> None:
    accompaniment = MemoryRecording(tone(0.85), RATE)
    patch = tone(0.85, seconds=1.0)  # in phase, so that the equal-power fade adds 3 dB
    result = whole(splice_segment(accompaniment, RATE, patch, 20_000))
    assert torch.equal(result[:, :RATE], tone(0.85)[:, :RATE])
    assert true_peak(result, RATE) <= CEILING + 1e-3
    steps = -20 * math.log10(float(result[:, RATE + 21_000 : RATE + 23_000].abs().max()) / 0.85)
    assert steps > 0.5
    assert steps == pytest.approx(round(steps), abs=0.02)  # by whole decibels
