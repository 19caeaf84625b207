"""From noise to latents of 47.55 s: each preset against the plain way."""

from collections.abc import Callable, Mapping
from functools import partial

import torch

from samuel_gen.benchmark.network import inputs, network_timesteps
from samuel_gen.benchmark.plain import PlainUNet, guided_apart
from samuel_gen.benchmark.rows import Row, compared, timed
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.diffusion.denoiser import Denoiser, Latents
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.samplers import ancestral
from samuel_gen.diffusion.schedules import NoiseSchedule, cosine
from samuel_gen.generation.stages import Stages
from samuel_gen.models.unet import SoftAlignmentUNet

PLAIN_STEPS = 20
PLAIN_SCALE = 2.0
Guidance = Callable[[Denoiser, NoiseSchedule], Denoiser]


def samplers(
    network: SoftAlignmentUNet,
    presets: Mapping[str, Callable[..., Latents]],
    guidance: Guidance,
    device: torch.device,
    repeats: int,
) -> list[Row]:
    """Rows of all presets; long chains are timed on a few steps and scaled, which the note says.

    Args:
        network: on the device.
        presets: samplers with their `num_steps`, by name.
        guidance: as generation uses it.
        device: that the network is on.
        repeats: of each.
    """
    schedule = cosine(network_timesteps(network))
    plain = guided_apart(PlainUNet(schedule.num_timesteps).to(device).eval(), PLAIN_SCALE)
    noise, _, voice = inputs(1, device)
    whole = Stages(network, schedule, Objective(), SpectralCodec(), *_unscaled(), str(device))
    chains: dict[str, tuple[Callable[[], object], int, int]] = {
        "plain": (
            lambda: ancestral(plain, noise, voice, schedule, num_steps=PLAIN_STEPS),
            schedule.num_timesteps,
            PLAIN_STEPS,
        )
    }
    for name, sampler in presets.items():
        assert isinstance(sampler, partial)
        steps = sampler.keywords["num_steps"]
        run = min(steps, 2 * PLAIN_STEPS)
        shorter = partial(sampler, num_steps=run)
        chains[name] = (
            partial(whole.sample, voice, seed=0, sampler=shorter, guidance=guidance),
            steps,
            run,
        )
    with torch.inference_mode():
        seconds = timed({name: chain[0] for name, chain in chains.items()}, repeats, device)
    scaled = {
        name: [each * chains[name][1] / chains[name][2] for each in runs]
        for name, runs in seconds.items()
    }
    found = []
    for row in compared("denoiser, 47.55 s", scaled, "plain", "s"):
        _, steps, run = chains[row.name]
        note = f"{steps} steps" + (f", timed on {run} and scaled" if run < steps else "")
        found.append(Row(row.section, row.name, row.unit, row.values, row.ratio, note=note))
    return found


def _unscaled() -> tuple[LatentNormaliser, LatentNormaliser]:
    one = LatentNormaliser(torch.zeros(64), torch.ones(64))
    return one, one
