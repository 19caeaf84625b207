"""Four samplers of one signature: from noise to clean latents.

All start from standard normal noise at the noisiest timestep, visit `num_steps` of the schedule's
own timesteps (trailing spacing), call the denoiser once at each, and return its last clean
prediction. Coefficients are computed in float64 on the CPU and multiplied with the latents as plain
numbers, so no loop waits for the device.
"""

from __future__ import annotations

import math
from typing import Protocol, runtime_checkable

import torch

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Vocal
from samuel_gen.diffusion.randomness import Randomness, draw_noise
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.diffusion.steps import (
    CleanPrediction,
    corrected_prediction,
    ddim_step,
    iterate_steps,
    midpoint_prediction,
    predict_clean,
)


@runtime_checkable
class OnStep(Protocol):
    """A function that a sampler calls at each step, for progress or statistics."""

    def __call__(self, step: int, noisy: Latents, clean: Latents) -> None:
        """Receive one step, in order. The latents may be kept, but not changed.

        Args:
            step: number of the step, from 0 to `num_steps - 1`.
            noisy: noisy latents that the denoiser was given.
            clean: clean latents that it predicted from them.
        """
        ...


@runtime_checkable
class Sampler(Protocol):
    """A function from noise to clean latents; all samplers have this signature."""

    def __call__(
        self,
        denoiser: Denoiser,
        noise: Latents,
        vocal: Vocal,
        schedule: NoiseSchedule,
        *,
        num_steps: int,
        generator: Randomness = None,
        on_step: OnStep | None = None,
    ) -> Latents:
        """Return clean latents, shaped like `noise`.

        Args:
            denoiser: the denoiser, which returns the velocity.
            noise: standard normal noise, on the device and in the dtype to work in.
            vocal: the vocals that are accompanied, on the same device.
            schedule: the noise schedule that the denoiser was trained on.
            num_steps: number of calls of the denoiser, from 1 to the schedule's `num_timesteps`.
            generator: a CPU generator, or one for each item, for samplers that draw more noise.
            on_step: function that is called after each call of the denoiser.

        Raises:
            SamuelError: `num_steps` is out of range.
        """
        ...


@runtime_checkable
class PreparedSampler(Protocol):
    """A sampler with its number of steps, such as `functools.partial(unipc, num_steps=16)`."""

    def __call__(
        self,
        denoiser: Denoiser,
        noise: Latents,
        vocal: Vocal,
        schedule: NoiseSchedule,
        *,
        generator: Randomness = None,
        on_step: OnStep | None = None,
    ) -> Latents:
        """Return clean latents, shaped like `noise`; the arguments are those of `Sampler`."""
        ...


@torch.no_grad()
def ancestral(
    denoiser: Denoiser,
    noise: Latents,
    vocal: Vocal,
    schedule: NoiseSchedule,
    *,
    num_steps: int,
    generator: Randomness = None,
    on_step: OnStep | None = None,
) -> Latents:
    """The paper's sampler: each step draws from the posterior of the next lower noise level.

    With fewer steps than timesteps the chain is respaced: the posterior is the one between the
    levels that are visited. Noise is drawn on the CPU from `generator` (torch's global generator
    if None), so a seed gives the same noise on every device. Arguments and errors: `Sampler`.

    Source: Ho et al. 2020, equations 6 and 7; Nichol & Dhariwal 2021, section 4 (respacing).
    """
    noisy = noise
    for step, now, then in iterate_steps(schedule, num_steps):
        clean = predict_clean(denoiser, noisy, vocal, now)
        if on_step is not None:
            on_step(step, noisy, clean)
        # Shares of the power that noising from `then` to `now` keeps and replaces.
        kept = (now.alpha / then.alpha) ** 2
        replaced = 1 - kept
        noisy_weight = math.sqrt(kept) * (then.sigma / now.sigma) ** 2
        clean_weight = then.alpha * replaced / now.sigma**2
        noisy = (noisy_weight * noisy).add_(clean, alpha=clean_weight)
        if then.sigma > 0:
            fresh_noise = draw_noise(noise, generator)
            noisy.add_(fresh_noise, alpha=math.sqrt(replaced) * then.sigma / now.sigma)
    return noisy


@torch.no_grad()
def ddim(
    denoiser: Denoiser,
    noise: Latents,
    vocal: Vocal,
    schedule: NoiseSchedule,
    *,
    num_steps: int,
    generator: Randomness = None,
    on_step: OnStep | None = None,
) -> Latents:
    """The deterministic first-order sampler (eta = 0); `generator` is not used.

    Arguments and errors: `Sampler`.

    Source: Song et al. 2021, "Denoising Diffusion Implicit Models", equation 12.
    """
    noisy = noise
    for step, now, then in iterate_steps(schedule, num_steps):
        clean = predict_clean(denoiser, noisy, vocal, now)
        if on_step is not None:
            on_step(step, noisy, clean)
        noisy = ddim_step(clean, noisy, now, then)
    return noisy


@torch.no_grad()
def dpm_solver_2m(
    denoiser: Denoiser,
    noise: Latents,
    vocal: Vocal,
    schedule: NoiseSchedule,
    *,
    num_steps: int,
    generator: Randomness = None,
    on_step: OnStep | None = None,
) -> Latents:
    """DPM-Solver++(2M): DDIM steps with a clean prediction extrapolated from the last two.

    The first and the last step are plain DDIM. `generator` is not used. Arguments and errors:
    `Sampler`.

    Source: Lu et al. 2022, "DPM-Solver++", algorithm 2 (midpoint).
    """
    noisy = noise
    previous: CleanPrediction | None = None
    for step, now, then in iterate_steps(schedule, num_steps):
        clean = predict_clean(denoiser, noisy, vocal, now)
        if on_step is not None:
            on_step(step, noisy, clean)
        noisy = ddim_step(midpoint_prediction(clean, previous, now, then), noisy, now, then)
        previous = CleanPrediction(clean, now)
    return noisy


@torch.no_grad()
def unipc(
    denoiser: Denoiser,
    noise: Latents,
    vocal: Vocal,
    schedule: NoiseSchedule,
    *,
    num_steps: int,
    generator: Randomness = None,
    on_step: OnStep | None = None,
) -> Latents:
    """UniPC of order 2 (B2(h), on the clean prediction), the default sampler with 16 steps.

    Each step is predicted as in DPM-Solver++(2M). After the next call of the denoiser it is
    repeated with the clean prediction at its end, which corrects it without further calls.
    `generator` is not used. Arguments and errors: `Sampler`.

    Source: Zhao et al. 2023, "UniPC", algorithms 5 to 8.
    """
    noisy = noise
    previous: CleanPrediction | None = None  # at the level before `start`
    start: CleanPrediction | None = None  # where the last step started
    start_noisy = noise  # the corrected latents there
    for step, now, then in iterate_steps(schedule, num_steps):
        clean = predict_clean(denoiser, noisy, vocal, now)
        if on_step is not None:
            on_step(step, noisy, clean)
        if start is not None:
            mean_clean = corrected_prediction(clean, start, previous, now)
            noisy = ddim_step(mean_clean, start_noisy, start.level, now)
        previous, start, start_noisy = start, CleanPrediction(clean, now), noisy
        noisy = ddim_step(midpoint_prediction(clean, previous, now, then), noisy, now, then)
    return noisy
