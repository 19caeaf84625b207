"""True peaks between the samples and anywhere in a stream."""

import math

import pytest
import torch

from samuel_gen.audio.true_peak import TruePeakMeter, true_peak


def test_true_peak_lies_between_the_samples():
    time = torch.arange(44_100).double() / 44_100
    # Every sample lies at 0.354.
    tone = 0.5 * torch.sin(2 * math.pi * 11_025 * time + math.pi / 4).float()[None]
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


@pytest.mark.parametrize("size", [1, 777, 10**6])
def test_the_blocks_do_not_matter(size):
    sound = 0.2 * torch.randn(2, 3_000, generator=torch.Generator().manual_seed(0))
    meter = TruePeakMeter(8_000)
    for block in sound.split(size, dim=1):
        meter.add(block)
    assert meter.finish() == pytest.approx(true_peak(sound, 8_000), abs=1e-6)


@pytest.mark.parametrize("samples", [0, 1, 44_100])
def test_silence_has_no_peak(samples):
    assert true_peak(torch.zeros(2, samples), 44_100) == -math.inf
