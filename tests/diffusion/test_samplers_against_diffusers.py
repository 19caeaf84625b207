"""The samplers equal those of diffusers, step by step, on a nonlinear denoiser.

Differences of diffusers from the exact formulas, and how the comparison allows for them:

- DDIMScheduler steps to `timestep - num_train_timesteps // num_inference_steps`, which is the next
  trailing timestep only if the number of steps divides the number of timesteps. For
  other numbers of steps it lands between the timesteps that it evaluates next; ours never do.
- Both multistep schedulers interpolate sigma over timesteps. Trailing spacing gives integer
  timesteps, where this returns sigma itself. `final_sigmas_type="zero"` ends on the clean
  prediction.
- diffusers accumulates `alphas_cumprod` in float32; at the numbers of steps compared here that is a
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
    """Return a nonlinear function that differs at every timestep and in every frame."""
    phase = timestep[:, None, None] / 150
    return torch.sin(1.5 * noisy + phase) + 0.5 * torch.tanh(vocal.latents) * noisy.cos()


def compute_betas(schedule) -> list[float]:
    signal = torch.cat([torch.ones(1, dtype=torch.float64), schedule.alpha**2])
    return (1 - signal[1:] / signal[:-1]).tolist()


def build_scheduler(scheduler_class, schedule, **settings):
    return scheduler_class(
        num_train_timesteps=schedule.num_timesteps,
        trained_betas=compute_betas(schedule),
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        **settings,
    )


def reference_scheduler(sampler, schedule):
    if sampler is ancestral:
        return build_scheduler(DDPMScheduler, schedule, clip_sample=False)
    if sampler is ddim:
        return build_scheduler(DDIMScheduler, schedule, clip_sample=False)
    if sampler is dpm_solver_2m:
        return build_scheduler(
            DPMSolverMultistepScheduler,
            schedule,
            algorithm_type="dpmsolver++",
            solver_order=2,
            solver_type="midpoint",
            lower_order_final=True,
            final_sigmas_type="zero",
        )
    return build_scheduler(
        UniPCMultistepScheduler,
        schedule,
        solver_order=2,
        solver_type="bh2",
        predict_x0=True,
        lower_order_final=True,
        final_sigmas_type="zero",
    )


def run_reference(scheduler, num_steps, noise, vocal):
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
def test_each_step_equals_the_reference(name, sampler, num_steps, noise, vocal):
    schedule = SCHEDULES[name]
    reference = run_reference(reference_scheduler(sampler, schedule), num_steps, noise, vocal)
    ours = run_ours(sampler, num_steps, noise, vocal, schedule)
    assert len(ours) == len(reference) == num_steps + 1
    for step, (our, expected) in enumerate(zip(ours, reference, strict=True)):
        torch.testing.assert_close(
            our, expected, rtol=1e-4, atol=4e-5, msg=lambda m, step=step: f"step {step}: {m}"
        )


def test_the_samplers_differ_from_each_other(noise, vocal):
    """Otherwise the comparisons above could not tell them apart."""
    ends = [
        run_ours(sampler, 16, noise, vocal, SCHEDULES["cosine"])[-1]
        for sampler in (ancestral, ddim, dpm_solver_2m, unipc)
    ]
    for first in range(4):
        for second in range(first):
            assert (ends[first] - ends[second]).abs().max() > 0.01
