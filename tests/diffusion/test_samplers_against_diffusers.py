"""Ours equal diffusers' schedulers, step by step, on a nonlinear denoiser.

Where diffusers departs from exact maths, and how the comparison copes:

- DDIMScheduler steps to `timestep - num_train_timesteps // num_inference_steps`, which is the next
  trailing timestep only where the number of steps divides the number of timesteps. Its other
  numbers of steps land between the timesteps it then evaluates; ours never do.
- Both multistep schedulers interpolate sigma over timesteps; at integer timesteps, which trailing
  spacing gives, this returns sigma itself. `final_sigmas_type="zero"` ends on the clean prediction.
- It accumulates `alphas_cumprod` in float32; at the numbers of steps compared here that is a
  difference of 1e-5 in the latents.
- DDPMScheduler also draws noise for the last step if that does not start at timestep 0, and scales
  it by 1e-10; hence the absolute tolerance.
"""

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    UniPCMultistepScheduler,
)

from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.samplers import ancestral, ddim, dpm_solver_2m, unipc
from samuel_gen.diffusion.schedules import cosine, linear

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SCHEDULES = {"cosine": cosine(), "linear": linear()}


def denoiser(noisy, timestep, vocal):
    """Nonlinear, different at every timestep, and not a constant in time."""
    phase = timestep[:, None, None] / 150
    return torch.sin(1.5 * noisy + phase) + 0.5 * torch.tanh(vocal.latents) * noisy.cos()


def betas_of(schedule) -> list[float]:
    signal = torch.cat([torch.ones(1, dtype=torch.float64), schedule.alpha**2])
    return (1 - signal[1:] / signal[:-1]).tolist()


def build(scheduler_class, schedule, **settings):
    return scheduler_class(
        num_train_timesteps=schedule.num_timesteps,
        trained_betas=betas_of(schedule),
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        **settings,
    )


def theirs_for(sampler, schedule):
    if sampler is ancestral:
        return build(DDPMScheduler, schedule, clip_sample=False)
    if sampler is ddim:
        return build(DDIMScheduler, schedule, clip_sample=False)
    if sampler is dpm_solver_2m:
        return build(
            DPMSolverMultistepScheduler,
            schedule,
            algorithm_type="dpmsolver++",
            solver_order=2,
            solver_type="midpoint",
            lower_order_final=True,
            final_sigmas_type="zero",
        )
    return build(
        UniPCMultistepScheduler,
        schedule,
        solver_order=2,
        solver_type="bh2",
        predict_x0=True,
        lower_order_final=True,
        final_sigmas_type="zero",
    )


def run_theirs(scheduler, num_steps, noise, vocal):
    scheduler.set_timesteps(num_steps)
    extra = {}
    if isinstance(scheduler, DDPMScheduler):
        extra["generator"] = torch.Generator().manual_seed(5)
    noisy, given = noise, []
    for timestep in scheduler.timesteps:
        given.append(noisy)
        velocity = denoiser(noisy, timestep.expand(len(noisy)), vocal)
        noisy = scheduler.step(velocity, timestep, noisy, **extra).prev_sample
    return [*given, noisy]


def run_ours(sampler, num_steps, noise, vocal, schedule):
    given = []
    latents = sampler(
        denoiser,
        noise,
        vocal,
        schedule,
        num_steps=num_steps,
        generator=torch.Generator().manual_seed(5),
        on_step=lambda step, noisy, clean: given.append(noisy),
    )
    return [*given, latents]


@pytest.fixture
def noise(generator) -> torch.Tensor:
    return torch.randn(2, 3, 8, generator=generator)


@pytest.fixture
def vocal(make_vocal) -> Vocal:
    return make_vocal(2, 8)


CASES = [
    (sampler, num_steps)
    for sampler in (ancestral, ddim, dpm_solver_2m, unipc)
    for num_steps in ([1, 4, 16, 50] if sampler is ddim else [1, 2, 7, 16, 30, 50])
]


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize(("sampler", "num_steps"), CASES)
def test_step_by_step(name, sampler, num_steps, noise, vocal):
    schedule = SCHEDULES[name]
    theirs = run_theirs(theirs_for(sampler, schedule), num_steps, noise, vocal)
    ours = run_ours(sampler, num_steps, noise, vocal, schedule)
    assert len(ours) == len(theirs) == num_steps + 1
    for step, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        torch.testing.assert_close(
            our, their, rtol=1e-4, atol=4e-5, msg=lambda m, step=step: f"step {step}: {m}"
        )


def test_the_samplers_differ_from_each_other(noise, vocal):
    """Otherwise the comparisons above would not tell them apart."""
    ends = [
        run_ours(sampler, 16, noise, vocal, SCHEDULES["cosine"])[-1]
        for sampler in (ancestral, ddim, dpm_solver_2m, unipc)
    ]
    for first in range(4):
        for second in range(first):
            assert (ends[first] - ends[second]).abs().max() > 0.01
