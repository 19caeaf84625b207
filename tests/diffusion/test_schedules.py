import math

import pytest
import torch

from samuel_gen.diffusion.schedules import (
    NoiseSchedule,
    cosine,
    draw_timesteps,
    linear,
    trailing_timesteps,
)
from samuel_gen.errors import SamuelError

SCHEDULES = [cosine(), cosine(50), cosine(1000, offset=0.02), linear(), linear(100), linear(4000)]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_variance_is_preserved_and_noise_grows(schedule: NoiseSchedule):
    one = torch.ones(schedule.num_timesteps, dtype=torch.float64)
    torch.testing.assert_close(schedule.alpha**2 + schedule.sigma**2, one, rtol=0, atol=1e-15)
    assert (schedule.sigma.diff() > 0).all() and (schedule.alpha.diff() < 0).all()
    assert schedule.alpha[-1] > 0 and schedule.sigma[0] > 0


def test_cosine_is_the_papers():
    schedule = cosine()
    assert schedule.num_timesteps == 800
    signal = schedule.alpha**2
    betas = 1 - signal[1:] / signal[:-1]
    assert 1 - signal[0].item() == pytest.approx(1e-4), "the first beta is clipped from below"
    assert betas[-1].item() == pytest.approx(0.9999), "the last beta is clipped from above"
    snr = schedule.alpha**2 / schedule.sigma**2
    assert snr[-1].item() == pytest.approx(3.8e-10, rel=0.01)
    # In between it is the squared cosine, up to the effect of the clipped first betas.
    half = math.cos((0.5 + 0.008) / 1.008 * math.pi / 2) / math.cos(0.008 / 1.008 * math.pi / 2)
    assert schedule.alpha[399].item() == pytest.approx(half, rel=1e-3)


def test_linear_is_ho_et_als_at_any_length():
    betas = torch.linspace(1e-4, 2e-2, 1000, dtype=torch.float64)
    expected = torch.cumprod(1 - betas, dim=0).sqrt()
    torch.testing.assert_close(linear(1000).alpha, expected)
    for num_timesteps in (400, 800, 4000):
        schedule = linear(num_timesteps)
        snr = (schedule.alpha[-1] / schedule.sigma[-1]) ** 2
        assert math.log(snr) == pytest.approx(math.log(4e-5), abs=0.25)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_at_returns_the_amplitudes_of_each_item(dtype: torch.dtype):
    schedule = cosine()
    like = torch.zeros(3, 2, 5, dtype=dtype)
    alpha, sigma = schedule.at(torch.tensor([799, 0, 400]), like=like)
    assert alpha.shape == sigma.shape == (3, 1, 1)
    assert alpha.dtype == sigma.dtype == dtype
    torch.testing.assert_close(alpha.flatten(), schedule.alpha[[799, 0, 400]].to(dtype))
    torch.testing.assert_close(sigma.flatten(), schedule.sigma[[799, 0, 400]].to(dtype))


@pytest.mark.parametrize("make", [cosine, linear])
def test_a_chain_without_timesteps_is_refused(make):
    with pytest.raises(SamuelError, match="num_timesteps=0: choose 1 or more"):
        make(0)


def test_trailing_timesteps_of_the_default_sampler():
    assert trailing_timesteps(800, 16) == list(range(799, 0, -50))


@pytest.mark.parametrize("num_timesteps", [1, 7, 50, 800])
def test_trailing_timesteps_are_evenly_spaced(num_timesteps: int):
    for num_steps in range(1, num_timesteps + 1):
        timesteps = trailing_timesteps(num_timesteps, num_steps)
        assert len(timesteps) == num_steps
        assert timesteps[0] == num_timesteps - 1 and timesteps[-1] >= 0
        gaps = {early - late for early, late in zip(timesteps, timesteps[1:], strict=False)}
        assert not gaps or (min(gaps) >= 1 and max(gaps) - min(gaps) <= 1)


@pytest.mark.parametrize("num_steps", [0, -3, 801])
def test_a_number_of_steps_out_of_range_is_refused(num_steps: int):
    with pytest.raises(SamuelError, match=f"num_steps={num_steps}: choose 1 to 800"):
        trailing_timesteps(800, num_steps)


@pytest.mark.parametrize(("batch", "num_timesteps"), [(8, 800), (32, 800), (7, 800), (16, 8)])
def test_one_timestep_per_stratum(batch: int, num_timesteps: int, generator: torch.Generator):
    for _ in range(20):
        timesteps = draw_timesteps(batch, num_timesteps, generator)
        assert timesteps.dtype == torch.int64 and timesteps.shape == (batch,)
        for stratum, timestep in enumerate(timesteps.sort().values.tolist()):
            low, high = (edge * num_timesteps / batch for edge in (stratum, stratum + 1))
            assert math.floor(low) <= timestep < math.ceil(high)


def test_each_position_in_the_batch_is_uniform(generator: torch.Generator):
    draws = torch.stack([draw_timesteps(4, 8, generator) for _ in range(4000)])
    for position in range(4):
        share = torch.bincount(draws[:, position], minlength=8) / len(draws)
        torch.testing.assert_close(share, torch.full((8,), 1 / 8), rtol=0, atol=0.02)


@pytest.mark.parametrize("bias", [0.5, 1.0, 3.0])
def test_bias_is_the_exponent_of_the_density(bias):
    generator = torch.Generator().manual_seed(0)
    draws = torch.cat([draw_timesteps(64, 800, generator, bias) for _ in range(500)])
    for share in (0.25, 0.5, 0.75):  # the cumulative distribution there is share ** (1 + bias)
        assert (draws < share * 800).double().mean() == pytest.approx(share ** (1 + bias), abs=5e-3)


def test_timesteps_depend_on_the_generator():
    first, again, other = (
        draw_timesteps(32, 800, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)
