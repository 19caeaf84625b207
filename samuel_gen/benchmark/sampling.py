"""The speed of sampling latents of 47.55 s: each preset of configs/sampler beside the baseline."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch

from samuel_gen.benchmark.baseline_network import BaselineUNet, guide_in_two_passes
from samuel_gen.benchmark.network import make_inputs
from samuel_gen.benchmark.timing import Row, compare_with_baseline, time_in_turn
from samuel_gen.checkpoint.loading import TrainedModel
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.diffusion.guidance import Guidance
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.samplers import PreparedSampler, ancestral
from samuel_gen.diffusion.schedules import NoiseSchedule, cosine
from samuel_gen.generation.stages import Stages
from samuel_gen.models.unet import SoftAlignmentUNet

BASELINE_STEPS = 20
"""Steps that are timed of the baseline's full chain; presets are timed on at most twice as many."""
BASELINE_SCALE = 2.0
"""Guidance scale of the baseline."""


@dataclass(frozen=True)
class _Chain:
    """A sampling chain: a run of some of its steps, and the number of all."""

    run: Callable[[], object]
    timed_steps: int
    steps: int

    @property
    def factor(self) -> float:
        return self.steps / self.timed_steps

    @property
    def note(self) -> str:
        if self.timed_steps == self.steps:
            return f"{self.steps} steps"
        return f"{self.steps} steps, timed on {self.timed_steps} and scaled"


def measure_samplers(
    network: SoftAlignmentUNet,
    presets: Mapping[str, PreparedSampler],
    guidance: Guidance,
    device: torch.device,
    repeats: int,
) -> list[Row]:
    """Measure all presets; long chains are timed on a few steps and scaled, as the note says.

    Args:
        network: the network, on the device.
        presets: samplers by name, each a `functools.partial` with its `num_steps`.
        guidance: the guidance of generation.
        device: the device of the network.
        repeats: number of timed runs of each.
    """
    schedule = cosine(network.timestep.num_timesteps)
    _, _, vocal = make_inputs(1, device)
    model = TrainedModel(network, schedule, Objective(), SpectralCodec(), *_identity_normalisers())
    stages = Stages(model, str(device))
    chains = {"plain": _baseline_chain(schedule, device)}
    for name, sampler in presets.items():
        assert isinstance(sampler, partial)
        steps = sampler.keywords["num_steps"]
        timed_steps = min(steps, 2 * BASELINE_STEPS)
        shorter = partial(sampler, num_steps=timed_steps)
        run = partial(stages.sample, vocal, seed=0, sampler=shorter, guidance=guidance)
        chains[name] = _Chain(run, timed_steps, steps)
    with torch.inference_mode():
        seconds = time_in_turn({name: chain.run for name, chain in chains.items()}, repeats, device)
    scaled = {name: [chains[name].factor * each for each in seconds[name]] for name in chains}
    rows = compare_with_baseline("denoiser, 47.55 s", scaled, "plain", "s")
    return [replace(row, note=chains[row.name].note) for row in rows]


def _baseline_chain(schedule: NoiseSchedule, device: torch.device) -> _Chain:
    """Ancestral sampling over the whole schedule, with two calls per step for guidance."""
    network = BaselineUNet(schedule.num_timesteps).to(device).eval()
    denoiser = guide_in_two_passes(network, BASELINE_SCALE)
    noise, _, vocal = make_inputs(1, device)
    run = partial(ancestral, denoiser, noise, vocal, schedule, num_steps=BASELINE_STEPS)
    return _Chain(run, BASELINE_STEPS, schedule.num_timesteps)


def _identity_normalisers() -> tuple[LatentNormaliser, LatentNormaliser]:
    identity = LatentNormaliser(torch.zeros(64), torch.ones(64))
    return identity, identity
