"""Laws of the samplers, on data whose exact denoiser is known in closed form."""

import math

import pytest
import torch

from samuel_gen.diffusion import steps
from samuel_gen.diffusion.samplers import ancestral, ddim, dpm_solver_2m, unipc
from samuel_gen.diffusion.schedules import cosine, linear, trailing_timesteps
from samuel_gen.errors import SamuelError

SCHEDULE = cosine()
SAMPLERS = [ancestral, ddim, dpm_solver_2m, unipc]
SECOND_ORDER = [dpm_solver_2m, unipc]
MEAN = torch.tensor([0.0, 0.5, -1.0])
STD = torch.tensor([1.0, 0.6, 1.4])


def draw_exact_noise(frames: int) -> torch.Tensor:
    """Draw noise of exactly mean 0 and variance 1 in every channel.

    The exact denoiser of Gaussian data is affine in the noisy latents, so a deterministic sampler
    maps noise to latents by an affine function. Their mean and variance then have no sampling
    error, however few frames there are.
    """
    noise = torch.randn(1, len(MEAN), frames, generator=torch.Generator().manual_seed(0))
    return (noise - noise.mean(2, keepdim=True)) / noise.std(2, keepdim=True)


class Chain:
    """One run of a sampler on Gaussian data."""

    def __init__(self, sampler, num_steps, denoiser, vocal, schedule=SCHEDULE, frames=256):
        self.timesteps = trailing_timesteps(schedule.num_timesteps, num_steps)
        self.schedule = schedule
        self.stds = []
        latents = sampler(
            denoiser,
            draw_exact_noise(frames),
            vocal,
            schedule,
            num_steps=num_steps,
            generator=torch.Generator().manual_seed(0),
            on_step=lambda step, noisy, clean: self.stds.append(noisy.std(2)[0]),
        )
        self.mean_error = ((latents.mean(2)[0] - MEAN).abs() / STD).max().item()
        self.variance_error = ((latents.var(2)[0] / STD**2) - 1).abs().max().item()

    def largest_deviation(self) -> float:
        """Return the largest relative deviation of the std from sqrt(alpha^2 std^2 + sigma^2)."""
        alpha, sigma = (
            amplitude[self.timesteps, None].float()
            for amplitude in (self.schedule.alpha, self.schedule.sigma)
        )
        closed_form = (alpha**2 * STD**2 + sigma**2).sqrt()
        return (torch.stack(self.stds) / closed_form - 1).abs().max().item()


@pytest.fixture
def chain(perfect_denoiser, make_vocal):
    def run(sampler, num_steps, frames=256, schedule=SCHEDULE):
        denoiser = perfect_denoiser(schedule, MEAN, STD)
        return Chain(sampler, num_steps, denoiser, make_vocal(1, frames), schedule, frames)

    return run


@pytest.mark.parametrize("sampler", SECOND_ORDER)
@pytest.mark.parametrize(("num_steps", "tolerance"), [(50, 0.03), (16, 0.06)])
def test_second_order_samplers_return_gaussian_data(chain, sampler, num_steps, tolerance):
    run = chain(sampler, num_steps)
    assert run.mean_error < 1e-4
    assert run.variance_error < tolerance
    assert run.largest_deviation() < tolerance / 2


def test_ancestral_returns_gaussian_data_in_800_steps(chain):
    run = chain(ancestral, 800, frames=32768)
    assert run.mean_error < 0.03
    assert run.variance_error < 0.03
    assert run.largest_deviation() < 0.03


@pytest.mark.parametrize(("num_steps", "tolerance"), [(50, 0.03), (16, 0.085), (800, 0.005)])
def test_ddim_returns_gaussian_data_with_first_order_error(chain, num_steps, tolerance):
    """Within 3 % of the standard deviation at 50 steps; at 16 the error of the method is larger.

    For data of variance 1 a DDIM step from angle a to angle b (alpha = cos, sigma = sin) shrinks
    the latents by exactly cos(a - b), so the loss is known: 7.4 % of the std at 16 steps.
    """
    run = chain(ddim, num_steps)
    assert run.mean_error < 1e-4
    assert math.sqrt(1 - run.variance_error) > 1 - tolerance
    assert run.largest_deviation() < tolerance
    angles = torch.atan2(SCHEDULE.sigma[run.timesteps], SCHEDULE.alpha[run.timesteps])
    shrunk = torch.cat([torch.ones(1), (angles[:-1] - angles[1:]).cos().cumprod(0)])
    of_unit_variance = torch.stack(run.stds)[:, 0]
    torch.testing.assert_close(of_unit_variance, shrunk.float(), rtol=1e-4, atol=0)


@pytest.mark.parametrize("sampler", [ddim, dpm_solver_2m, unipc])
def test_second_order_and_ddim_work_on_other_schedules(chain, sampler):
    assert chain(sampler, 100, schedule=linear(1000)).variance_error < 0.06


@pytest.mark.parametrize(("sampler", "order"), [(ddim, 1), (dpm_solver_2m, 2), (unipc, 2)])
def test_error_falls_with_the_order_of_the_sampler(make_vocal, sampler, order):
    """Doubling the steps divides the error by at least 2^order (less 30 %)."""
    distances = [
        GaussianMixture().distance(sampler, num_steps, make_vocal) for num_steps in (20, 40)
    ]
    assert distances[0] / distances[1] > 0.7 * 2**order


def predict_swapped_sign(noisy, timestep, vocal, denoiser):
    """Return an exact prediction of the released code's target, alpha * noise + sigma * clean."""
    alpha, sigma = SCHEDULE.at(timestep, like=noisy)
    velocity = denoiser(noisy, timestep, vocal)
    clean, noise = alpha * noisy - sigma * velocity, sigma * noisy + alpha * velocity
    return alpha * noise + sigma * clean


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_released_codes_formulas_fail(perfect_denoiser, make_vocal, sampler, monkeypatch):
    perfect, vocal = perfect_denoiser(SCHEDULE, MEAN, STD), make_vocal(1, 256)
    num_steps = 200 if sampler is ancestral else 50

    def swapped_sign(noisy, timestep, vocal):
        return predict_swapped_sign(noisy, timestep, vocal, perfect)

    wrong_target = Chain(sampler, num_steps, swapped_sign, vocal)
    assert wrong_target.variance_error > 0.3 and wrong_target.largest_deviation() > 0.15

    def invert_wrongly(noisy, velocity, alpha, sigma):
        return (noisy - sigma * velocity) / alpha

    monkeypatch.setattr(steps, "clean_from_velocity", invert_wrongly)
    for denoiser in (perfect, swapped_sign):
        run = Chain(sampler, num_steps, denoiser, vocal)
        assert not run.variance_error < 0.3 and not run.largest_deviation() < 0.15


class GaussianMixture:
    """Two Gaussians of different weight in one dimension, and their exact denoiser.

    The initial noise consists of quantiles of the normal distribution. A deterministic sampler
    keeps their order, so the distance to the quantiles of the mixture (2-Wasserstein) has no
    sampling error.
    """

    def __init__(self, std: float = 0.3):
        self.means, self.weights, self.std = (
            torch.tensor([-1.0, 1.0]),
            torch.tensor([0.3, 0.7]),
            std,
        )
        probabilities = (torch.arange(2048, dtype=torch.float64) + 0.5) / 2048
        normal = torch.distributions.Normal(torch.zeros((), dtype=torch.float64), 1)
        self.noise = normal.icdf(probabilities).float()[None, None]
        grid = torch.linspace(-4, 4, 100_001, dtype=torch.float64)
        modes = zip(self.weights, self.means, strict=True)
        cdf = sum(weight * normal.cdf((grid - mean) / std) for weight, mean in modes)
        self.quantiles = grid[torch.searchsorted(cdf, probabilities)].float()

    def __call__(self, noisy, timestep, vocal):
        alpha, sigma = (amplitude[..., None] for amplitude in SCHEDULE.at(timestep, like=noisy))
        variance = alpha**2 * self.std**2 + sigma**2
        offset = noisy[..., None] - alpha * self.means
        posterior = torch.softmax(self.weights.log() - offset**2 / (2 * variance), dim=-1)
        clean = self.means + alpha * self.std**2 * offset / variance
        return (posterior * (alpha * sigma * offset / variance - sigma * clean)).sum(-1)

    def distance(self, sampler, num_steps, make_vocal) -> float:
        vocal = make_vocal(1, 2048, channels=1)
        latents = sampler(self, self.noise, vocal, SCHEDULE, num_steps=num_steps)
        return (latents.flatten().sort().values - self.quantiles).square().mean().sqrt().item()


@pytest.mark.parametrize("std", [0.25, 0.3, 0.5])
def test_16_steps_of_unipc_are_no_worse_than_50_of_ddim(make_vocal, std):
    mixture = GaussianMixture(std)
    fast = mixture.distance(unipc, 16, make_vocal)
    assert fast < mixture.distance(ddim, 50, make_vocal)
    assert fast < mixture.distance(dpm_solver_2m, 16, make_vocal) < 0.05


def wavy(noisy, timestep, vocal):
    return torch.sin(2 * noisy) + 0.5 * torch.tanh(vocal.latents) * noisy


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("num_steps", [1, 2, 3, 39, 40])
def test_any_number_of_steps_ends_on_the_last_prediction(
    sampler, num_steps, make_vocal, generator, recorder
):
    schedule, vocal, denoiser = cosine(40), make_vocal(2, 8), recorder(wavy)
    noise = torch.randn(2, 3, 8, generator=generator)
    copied, recorded = noise.clone(), []
    latents = sampler(
        denoiser,
        noise,
        vocal,
        schedule,
        num_steps=num_steps,
        generator=generator,
        on_step=lambda step, noisy, clean: recorded.append((step, noisy, clean)),
    )
    assert latents.isfinite().all() and latents.dtype == torch.float32
    torch.testing.assert_close(latents, recorded[-1][2])
    assert torch.equal(noise, copied), "the caller's noise is left as it was"
    assert [step for step, _, _ in recorded] == list(range(num_steps))
    given = [(timestep.tolist(), noisy) for noisy, timestep, _ in denoiser.calls]
    assert [timestep for timestep, _ in given] == [
        [timestep] * 2 for timestep in trailing_timesteps(40, num_steps)
    ]
    for (_, noisy, clean), (timestep, denoiser_input) in zip(recorded, given, strict=True):
        assert torch.equal(noisy, denoiser_input)
        alpha, sigma = schedule.alpha[timestep[0]].item(), schedule.sigma[timestep[0]].item()
        torch.testing.assert_close(clean, alpha * noisy - sigma * wavy(noisy, None, vocal))


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("num_steps", [0, 41])
def test_a_number_of_steps_out_of_range_is_refused(sampler, num_steps, make_vocal):
    with pytest.raises(SamuelError, match=f"num_steps={num_steps}: choose 1 to 40"):
        sampler(wavy, torch.zeros(1, 3, 8), make_vocal(1, 8), cosine(40), num_steps=num_steps)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_seed_gives_the_same_bytes(sampler, make_vocal, generator):
    noise, vocal = torch.randn(2, 3, 8, generator=generator), make_vocal(2, 8)

    def sample(seed):
        torch.rand(1)  # the state of the global generator must not matter
        own = torch.Generator().manual_seed(seed)
        return sampler(wavy, noise, vocal, SCHEDULE, num_steps=10, generator=own)

    assert torch.equal(sample(0), sample(0))
    draws_noise = sampler is ancestral
    assert torch.equal(sample(0), sample(1)) != draws_noise


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_samplers_keep_no_autograd_graph(sampler, make_vocal):
    gain = torch.ones((), requires_grad=True)

    def denoiser(noisy, timestep, vocal):
        return gain * noisy

    latents = sampler(denoiser, torch.ones(1, 3, 8), make_vocal(1, 8), SCHEDULE, num_steps=3)
    assert not latents.requires_grad
