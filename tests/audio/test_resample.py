import math

import pytest
import torch

from samuel_gen.audio.resample import resample, resampled_length, to_stereo, tuned_rate


@pytest.mark.parametrize(
    ("from_rate", "to_rate"),
    [(44_100, 48_000), (48_000, 44_100), (8_000, 44_100), (44_101, 44_100), (192_000, 16_000)],
)
def test_duration_time_and_amplitude_are_kept(from_rate, to_rate):
    samples = from_rate + 17
    time = torch.arange(samples, dtype=torch.float64) / from_rate
    tone = torch.sin(2 * math.pi * 440 * time)[None].float()
    moved = resample(tone, from_rate, to_rate)
    assert moved.shape == (1, resampled_length(samples, from_rate, to_rate))
    truth = torch.sin(2 * math.pi * 440 * torch.arange(moved.shape[1]).double() / to_rate)
    inner = slice(to_rate // 20, -to_rate // 20)
    torch.testing.assert_close(moved[0, inner], truth.float()[inner], atol=2e-3, rtol=0)


def test_there_is_no_aliasing():
    tone = torch.sin(2 * math.pi * 15_000 * torch.arange(44_100).double() / 44_100)[None].float()
    assert resample(tone, 44_100, 16_000)[:, 1000:-1000].abs().max() < 1e-3


def test_same_rate_is_the_same_sound():
    sound = torch.randn(2, 100)
    assert resample(sound, 8_000, 8_000) is sound


def test_an_impulse_keeps_its_time():
    sound = torch.zeros(1, 4800)
    sound[0, 2400] = 1
    assert int(resample(sound, 48_000, 24_000).argmax()) == 1200


def test_mono_is_doubled_and_stereo_stays():
    mono, stereo = torch.randn(1, 50), torch.randn(2, 50)
    assert torch.equal(to_stereo(mono), mono.repeat(2, 1))
    assert to_stereo(stereo) is stereo


@pytest.mark.parametrize("channels", [3, 4, 5, 6, 7, 8, 11])
def test_downmix_never_clips_and_keeps_the_sides(channels):
    full = to_stereo(torch.ones(channels, 4))
    assert full.shape == (2, 4)
    torch.testing.assert_close(full, torch.ones(2, 4))
    left_only = torch.zeros(channels, 4)
    left_only[0] = 1
    mixed = to_stereo(left_only)
    assert mixed[0, 0] > 0
    assert channels in (7, 11) or mixed[1].abs().max() == 0


def test_low_frequency_channel_is_left_out():
    low = torch.zeros(6, 4)
    low[3] = 1
    assert to_stereo(low).abs().max() == 0


def test_resampled_lengths_are_rounded():
    assert resampled_length(100, 44_100, 44_100) == 100
    assert resampled_length(44_100, 44_100, 48_000) == 48_000
    assert [resampled_length(samples, 3, 2) for samples in range(5)] == [0, 1, 1, 2, 3]


@pytest.mark.parametrize("cents", [-50.0, -12.5, 30.0])
def test_a_tuned_sound_is_so_many_cents_lower_and_longer(cents):
    rate, samples = 44_100, 88_200
    tuned = tuned_rate(rate, cents)
    assert 1200 * math.log2(tuned / rate) == pytest.approx(cents, abs=0.02)
    time = torch.arange(samples, dtype=torch.float64) / rate
    tone = torch.sin(2 * math.pi * 440 * time)[None].float()
    moved = resample(tone, rate, tuned)  # now played at the old rate
    spectrum = torch.fft.rfft(moved[0] * torch.hann_window(moved.shape[1])).abs()
    frequency = int(spectrum.argmax()) * rate / moved.shape[1]
    assert 1200 * math.log2(frequency / 440) == pytest.approx(-cents, abs=3)
    assert moved.shape[1] / samples == pytest.approx(2 ** (cents / 1200), abs=1e-4)
