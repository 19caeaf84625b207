"""Lags and correlations of shifted, inverted and mixed copies."""

import pytest
import torch

from samuel_gen.audio.alignment import align, find_lag


@pytest.fixture
def noise() -> torch.Tensor:
    return torch.randn(2, 9000, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("lag", [-200, -3, 0, 41, 200])
@pytest.mark.parametrize("gain", [1.0, -0.3])
def test_a_shifted_copy_is_found(noise, lag, gain):
    first, second = noise[:, 300:6300], gain * noise[:, 300 - lag : 6300 - lag]
    found, correlation = find_lag(first, second, 200)
    assert found == lag
    assert correlation == pytest.approx(1.0 if gain > 0 else -1.0, abs=1e-4)
    one, other = align(first, second, found)
    torch.testing.assert_close(gain * one, other)


def test_the_block_size_does_not_matter(noise, monkeypatch):
    first, second = noise[:, :8000], 0.5 * noise[:, 20:8020] + noise[:, :8000].flip(1)
    whole = find_lag(first, second, 100)
    monkeypatch.setattr("samuel_gen.audio.alignment._BLOCK", 1000)
    assert find_lag(first, second, 100)[0] == whole[0] == -20
    assert find_lag(first, second, 100)[1] == pytest.approx(whole[1], abs=1e-6)


def test_the_correlation_equals_that_of_torch(noise):
    first, second = noise[:, :4000], noise[:, :4000] + noise[:, 4000:8000]
    lag, correlation = find_lag(first, second, 50)
    both = torch.stack([first.flatten(), second.flatten()])
    assert lag == 0 and correlation == pytest.approx(float(both.corrcoef()[0, 1]), abs=1e-3)


def test_silence_has_no_correlation(noise):
    assert find_lag(noise, 0 * noise, 10) == (0, None)
