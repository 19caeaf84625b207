import math

import pytest
import torch

from samuel_gen.codecs.fidelity import (
    Fidelity,
    log_spectral_error,
    partial_correlations,
    peakiness,
    pre_echo,
)

RATE = 44_100


def noise(seconds: float, seed: int = 0) -> torch.Tensor:
    samples = round(seconds * RATE)
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(seed))


def partials(seconds: float, hertz: float = 500.0) -> torch.Tensor:
    time = torch.arange(round(seconds * RATE)) / RATE
    waves = [torch.sin(2 * math.pi * k * hertz * time) / 12 for k in range(1, 15)]
    return torch.stack(waves).sum(0).expand(2, -1)


def bursts(before: float) -> torch.Tensor:
    """Two bursts of noise, each with quiet noise of a gain in the 50 ms before it."""
    audio = torch.zeros(2, 2 * RATE)
    for start in (0.5, 1.3):
        at = round(start * RATE)
        audio[:, at : at + RATE // 5] = noise(0.2)
        audio[:, at - RATE // 20 : at] = before * noise(0.05, seed=1)
    return audio


def test_a_copy_is_perfect(music):
    found = Fidelity.measure(music, music, RATE)
    assert found.cqt_low == pytest.approx(1) and found.cqt_high == pytest.approx(1)
    assert found.log_spectral == found.peakiness == found.band_width == 0


def test_partials_stand_out_and_noise_does_not():
    tone, hiss = partials(1.0), noise(1.0)
    assert peakiness(tone, tone, RATE) > peakiness(hiss, hiss, RATE) + 20


def test_correlation_tells_a_third_of_a_semitone_apart():
    tone = partials(1.0)
    shifts = [partials(1.0, 500.0 * 2 ** (thirds / 36)) for thirds in (0, 1, 2)]
    lows, highs = zip(*(partial_correlations(tone, x, RATE) for x in shifts), strict=True)
    assert lows[0] > lows[1] + 0.05 > lows[2] + 0.1
    assert highs[0] > highs[1] + 0.05 > highs[2] + 0.1


def test_log_spectral_error_is_the_gain_of_a_louder_copy():
    assert log_spectral_error(noise(1.0), 2 * noise(1.0), RATE) == pytest.approx(6.02, abs=0.1)


def test_pre_echo_is_the_energy_before_attacks():
    clean, smeared = bursts(before=0.0), bursts(before=0.1)
    assert pre_echo(clean, smeared, RATE) == pytest.approx(20, abs=4)
    assert pre_echo(clean, clean, RATE) == 0


def test_silence_has_nothing_to_measure():
    silence = torch.zeros(2, RATE)
    found = Fidelity.measure(silence, silence, RATE)
    assert all(math.isnan(value) for value in found.to_dict().values())
