"""Loudness against the recommendation and torchaudio; meters on streams; gains."""

import math

import pytest
import torch
import torchaudio

from samuel_gen.audio.loudness import (
    LoudnessMeter,
    LoudnessPeakMeter,
    SoundMeter,
    db_to_gain,
    integrated_loudness,
    limit_true_peak,
    measure_recording,
    measure_samples,
    meter_blocks,
    normalise_loudness,
)
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.audio.true_peak import true_peak


def sine(frequency: float, rate: int, seconds: float = 5.0, phase: float = 0.0) -> torch.Tensor:
    time = torch.arange(round(rate * seconds), dtype=torch.float64) / rate
    return torch.sin(2 * math.pi * frequency * time + phase).float()[None]


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_full_scale_sine_in_one_channel(rate):
    """BS.1770-4: 997 Hz at 0 dBFS in one front channel reads -3.01 LUFS, in both 0.00."""
    tone = sine(997, rate)
    left_only = torch.cat([tone, torch.zeros_like(tone)])
    assert integrated_loudness(tone, rate) == pytest.approx(-3.01, abs=0.02)
    assert integrated_loudness(left_only, rate) == pytest.approx(-3.01, abs=0.02)
    assert integrated_loudness(tone.repeat(2, 1), rate) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_equals_torchaudio_if_nothing_clips(rate):
    loud = 0.05 * noise(2, 6 * rate)
    loud = loud * torch.tensor([1.0, 0.3, 0.1, 1e-5, 0.6, 0.02]).repeat_interleave(rate)
    reference = float(torchaudio.functional.loudness(loud, rate))
    assert integrated_loudness(loud, rate) == pytest.approx(reference, abs=0.1)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("samples", [100, 15_000, 100_003])
def test_loudness_does_not_depend_on_the_blocks(channels, samples):
    rate = 44_100
    swells = torch.linspace(0, 40, samples).sin().abs()
    sound = 0.2 * noise(channels, samples) * swells
    for size in (1 if samples == 100 else 37, 4_409, 4_411, samples):
        meter = LoudnessMeter(rate)
        for block in sound.split(size, dim=1):
            meter.add(block)
        meter.add(sound[:, :0])
        assert meter.loudness == pytest.approx(integrated_loudness(sound, rate), abs=1e-9)


def test_the_meter_can_be_read_at_any_time():
    tone = sine(997, 48_000)
    meter = LoudnessMeter(48_000)
    assert meter.loudness == -math.inf
    meter.add(0.1 * tone)
    assert meter.loudness == pytest.approx(-23.01, abs=0.02)
    meter.add(tone)
    assert meter.loudness == pytest.approx(-3.01, abs=0.2)


def test_rests_do_not_count():
    tone = sine(997, 48_000, 10)
    extended = torch.cat([tone, torch.zeros(1, 48_000 * 20)], dim=1)
    assert integrated_loudness(extended, 48_000) == pytest.approx(-3.01, abs=0.1)


def test_soft_passages_do_not_count():
    """Passages 20 dB softer fall below the relative gate."""
    tone = sine(997, 48_000, 10)
    assert integrated_loudness(torch.cat([tone, 0.1 * tone], 1), 48_000) == pytest.approx(
        -3.01, abs=0.1
    )
    assert integrated_loudness(torch.cat([tone, 0.5 * tone], 1), 48_000) < -4.5


@pytest.mark.parametrize("samples", [0, 1, 1000, 44_100])
def test_silence_is_minus_infinity(samples):
    assert integrated_loudness(torch.zeros(2, samples), 44_100) == -math.inf


def test_below_70_lufs_is_silence():
    assert integrated_loudness(sine(997, 44_100) * 10 ** (-60 / 20), 44_100) > -70
    assert integrated_loudness(sine(997, 44_100) * 10 ** (-70 / 20), 44_100) == -math.inf


def test_shorter_than_a_block():
    assert integrated_loudness(sine(997, 44_100, 0.2), 44_100) == pytest.approx(-3.01, abs=0.3)


def test_any_number_of_channels():
    assert math.isfinite(integrated_loudness(0.1 * noise(8, 44_100), 44_100))


def test_normalising_reaches_the_target():
    loud = normalise_loudness(noise(2, 88_200), 44_100, -20.0)
    assert integrated_loudness(loud, 44_100) == pytest.approx(-20, abs=0.01)
    silence = torch.zeros(2, 44_100)
    assert torch.equal(normalise_loudness(silence, 44_100, -20.0), silence)


def test_limiting_only_lowers_the_peak():
    hot = 2 * noise(2, 44_100)
    limited = limit_true_peak(hot, 44_100)
    assert true_peak(limited, 44_100) == pytest.approx(-1.0, abs=0.01)
    torch.testing.assert_close(limited / limited.abs().max(), hot / hot.abs().max())
    calm = 0.01 * hot
    assert torch.equal(limit_true_peak(calm, 44_100), calm)


def test_a_gain_in_decibels_is_a_factor():
    assert db_to_gain(0.0) == 1.0 and db_to_gain(-20.0) == 0.1
    assert db_to_gain(6.0) * db_to_gain(-6.0) == pytest.approx(1.0)


@pytest.mark.parametrize("size", [1_000, 44_100, 10**6])
def test_loudness_and_peak_of_a_stream_are_those_of_the_whole(size):
    sound = 0.2 * noise(2, 100_003)
    meter = LoudnessPeakMeter(44_100)
    assert isinstance(meter, SoundMeter)
    passed = torch.cat(list(meter_blocks(sound.split(size, dim=1), meter)), dim=1)
    assert torch.equal(passed, sound)
    assert meter.loudness == pytest.approx(integrated_loudness(sound, 44_100), abs=1e-9)
    assert meter.peak == pytest.approx(true_peak(sound, 44_100), abs=1e-6)


def test_samples_and_recordings_are_measured_alike():
    sound = 0.2 * noise(2, 50_000)
    one = measure_samples(sound, 44_100)
    other = measure_recording(MemoryRecording(sound, 44_100))
    assert (one.loudness, one.peak) == (other.loudness, other.peak)
    silence = measure_samples(torch.zeros(2, 44_100), 44_100)
    assert silence.loudness == silence.peak == -math.inf
