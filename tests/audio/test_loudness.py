import math

import pytest
import torch
import torchaudio

from samuel_gen.audio.loudness import (
    LoudnessMeter,
    integrated_loudness,
    limit_true_peak,
    true_peak,
    with_loudness,
)


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
def test_equals_torchaudio_where_that_does_not_clip(rate):
    loud = 0.05 * noise(2, 6 * rate)
    loud = loud * torch.tensor([1.0, 0.3, 0.1, 1e-5, 0.6, 0.02]).repeat_interleave(rate)
    reference = float(torchaudio.functional.loudness(loud, rate))
    assert integrated_loudness(loud, rate) == pytest.approx(reference, abs=0.1)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("samples", [100, 15_000, 100_003])
def test_blocks_of_any_size_give_the_same(channels, samples):
    rate = 44_100
    swells = torch.linspace(0, 40, samples).sin().abs()
    sound = 0.2 * noise(channels, samples) * swells
    for size in (1 if samples == 100 else 37, 4_409, 4_411, samples):
        meter = LoudnessMeter(rate)
        for block in sound.split(size, dim=1):
            meter.add(block)
        meter.add(sound[:, :0])
        assert meter.integrated() == pytest.approx(integrated_loudness(sound, rate), abs=1e-9)


def test_the_meter_may_be_read_on_the_way():
    tone = sine(997, 48_000)
    meter = LoudnessMeter(48_000)
    assert meter.integrated() == -math.inf
    meter.add(0.1 * tone)
    assert meter.integrated() == pytest.approx(-23.01, abs=0.02)
    meter.add(tone)
    assert meter.integrated() == pytest.approx(-3.01, abs=0.2)


def test_rests_do_not_count():
    tone = sine(997, 48_000, 10)
    with_rest = torch.cat([tone, torch.zeros(1, 48_000 * 20)], dim=1)
    assert integrated_loudness(with_rest, 48_000) == pytest.approx(-3.01, abs=0.1)


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
    assert true_peak(torch.zeros(2, samples), 44_100) == -math.inf


def test_below_70_lufs_is_silence():
    assert integrated_loudness(sine(997, 44_100) * 10 ** (-60 / 20), 44_100) > -70
    assert integrated_loudness(sine(997, 44_100) * 10 ** (-70 / 20), 44_100) == -math.inf


def test_shorter_than_a_block():
    assert integrated_loudness(sine(997, 44_100, 0.2), 44_100) == pytest.approx(-3.01, abs=0.3)


def test_any_number_of_channels():
    assert math.isfinite(integrated_loudness(0.1 * noise(8, 44_100), 44_100))


def test_with_loudness_reaches_its_target():
    loud = with_loudness(noise(2, 88_200), 44_100, -20.0)
    assert integrated_loudness(loud, 44_100) == pytest.approx(-20, abs=0.01)
    silence = torch.zeros(2, 44_100)
    assert torch.equal(with_loudness(silence, 44_100, -20.0), silence)


def test_true_peak_lies_between_the_samples():
    tone = sine(11_025, 44_100, 1.0, phase=math.pi / 4) * 0.5  # every sample at 0.354
    assert 20 * math.log10(float(tone.abs().max())) == pytest.approx(-9.03, abs=0.01)
    steady = tone * torch.hann_window(44_100)[None] ** 0.5
    assert true_peak(steady, 44_100) == pytest.approx(-6.02, abs=0.1)


def test_true_peak_is_found_anywhere_in_a_long_sound():
    rate = 8_000
    for at in (0, 8 * rate - 1, 8 * rate, 8 * rate + 1, 20 * rate):
        sound = torch.zeros(1, 20 * rate + 1)
        sound[0, at] = 0.5
        assert true_peak(sound, rate) == pytest.approx(-6.02, abs=0.6)
        assert true_peak(sound, rate) >= -6.03


def test_limiting_only_turns_down():
    hot = 2 * noise(2, 44_100)
    limited = limit_true_peak(hot, 44_100)
    assert true_peak(limited, 44_100) == pytest.approx(-1.0, abs=0.01)
    torch.testing.assert_close(limited / limited.abs().max(), hot / hot.abs().max())
    calm = 0.01 * hot
    assert torch.equal(limit_true_peak(calm, 44_100), calm)
