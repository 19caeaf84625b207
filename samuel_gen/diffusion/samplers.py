"""From noise to clean latents: four samplers, one signature.

All start from standard normal noise at the noisiest timestep, visit `num_steps` of the schedule's
own timesteps (trailing spacing), evaluate the denoiser once at each and end on its last clean
prediction. Coefficients are computed in float64 on the CPU and meet the latents as plain numbers,
so that nothing in a loop waits for the device.
"""

from __future__ import annotations

import math
from typing import Protocol, runtime_checkable

import torch

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Vocal
from samuel_gen.diffusion.randomness import Randomness, standard_normal
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.diffusion.steps import Seen, clean_seen, corrected, midpoint, step_along, steps


@runtime_checkable
class OnStep(Protocol):
    """Looks on while a sampler works."""

    def __call__(self, step: int, noisy: Latents, clean: Latents) -> None:
        """Called once per step, in order.

        Args:
            step: from 0 to `num_steps - 1`.
            noisy: what the denoiser was given; may be kept, not changed.
            clean: the clean latents it saw in `noisy`; likewise.
        """
        ...


@runtime_checkable
class Sampler(Protocol):
    """The one signature of all samplers."""

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
        """Clean latents, shaped like `noise`.

        Args:
            denoiser: returns the velocity.
            noise: standard normal, on the device and in the dtype to work in.
            vocal: what the accompaniment is for, on the same device.
            schedule: the one that the denoiser was trained on.
            num_steps: evaluations of the denoiser, from 1 to the schedule's `num_timesteps`.
            generator: a CPU generator for samplers that draw noise on their way, or one for each
                item.
            on_step: called after each evaluation.

        Raises:
            SamuelError: `num_steps` is out of range.
        """
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
    """The paper's sampler: each step draws from the posterior of the previous noise level.

    With fewer steps than timesteps the chain is respaced: the posterior between the levels that
    are visited. Noise is drawn on the CPU from `generator` (torch's global one if None), so that a
    seed means the same on every device. Arguments and errors: `Sampler`.

    Source: Ho et al. 2020, equations 6 and 7; Nichol & Dhariwal 2021, section 4 (respacing).
    """
    noisy = noise
    for step, now, then in steps(schedule, num_steps):
        clean = clean_seen(denoiser, noisy, vocal, now)
        if on_step is not None:
            on_step(step, noisy, clean)
        kept = (now.alpha / then.alpha) ** 2  # share of the signal's power from `then` to `now`
        added = 1 - kept
        from_noisy = math.sqrt(kept) * (then.sigma / now.sigma) ** 2
        from_clean = then.alpha * added / now.sigma**2
        noisy = (from_noisy * noisy).add_(clean, alpha=from_clean)
        if then.sigma > 0:
            fresh = standard_normal(noise, generator)
            noisy.add_(fresh, alpha=math.sqrt(added) * then.sigma / now.sigma)
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
    for step, now, then in steps(schedule, num_steps):
        clean = clean_seen(denoiser, noisy, vocal, now)
        if on_step is not None:
            on_step(step, noisy, clean)
        noisy = step_along(clean, noisy, now, then)
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
    """DPM-Solver++(2M): DDIM along a line through the last two clean predictions.

    The first and the last step are DDIM's. `generator` is not used. Arguments and errors:
    `Sampler`.

    Source: Lu et al. 2022, "DPM-Solver++", algorithm 2 (midpoint).
    """
    noisy = noise
    before: Seen | None = None
    for step, now, then in steps(schedule, num_steps):
        clean = clean_seen(denoiser, noisy, vocal, now)
        if on_step is not None:
            on_step(step, noisy, clean)
        noisy = step_along(midpoint(clean, before, now, then), noisy, now, then)
        before = Seen(clean, now)
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
    """UniPC of order 2 (B2(h), on the clean prediction): the default with 16 steps.

    Each step is predicted as DPM-Solver++(2M) does it, and taken again with the next evaluation
    once that is there; this corrects without further evaluations. `generator` is not used.
    Arguments and errors: `Sampler`.

    Source: Zhao et al. 2023, "UniPC", algorithms 5 to 8.
    """
    noisy = noise
    before: Seen | None = None  # one level before `seen`
    origin = noise  # the corrected latents at the level of `seen`
    seen: Seen | None = None
    for step, now, then in steps(schedule, num_steps):
        clean = clean_seen(denoiser, noisy, vocal, now)
        if on_step is not None:
            on_step(step, noisy, clean)
        if seen is not None:
            noisy = step_along(corrected(clean, seen, before, now), origin, seen.level, now)
        before, seen, origin = seen, Seen(clean, now), noisy
        noisy = step_along(midpoint(clean, before, now, then), noisy, now, then)
    return noisy
