from functools import partial

import pytest
import torch

from samuel_gen.benchmark import sampling
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.samplers import ancestral, unipc
from samuel_gen.models.unet import SoftAlignmentUNet

CPU = torch.device("cpu")
GUIDANCE = partial(Guided, scale=2.0)


def test_long_chains_are_scaled(
    tiny_network: SoftAlignmentUNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sampling, "time_in_turn", lambda runs, repeats, device: {name: [1.0, 1.0] for name in runs}
    )
    presets = {"two": partial(unipc, num_steps=2), "long": partial(ancestral, num_steps=800)}
    rows = sampling.measure_samplers(tiny_network, presets, GUIDANCE, CPU, 2)
    assert {row.name: row.median for row in rows} == {"plain": 40, "two": 1, "long": 20}
    assert [row.note for row in rows] == [
        "800 steps, timed on 20 and scaled",
        "2 steps",
        "800 steps, timed on 40 and scaled",
    ]
    assert rows[1].ratio == 40


def test_chains_are_really_sampled(
    tiny_network: SoftAlignmentUNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preset's sampler runs with its own number of steps, and with the guidance."""
    monkeypatch.setattr(sampling, "BASELINE_STEPS", 1)
    seen: list[tuple[int, str]] = []

    def sampler(denoiser, noise, vocal, schedule, *, num_steps, **options):
        seen.append((num_steps, type(denoiser).__name__))
        return unipc(denoiser, noise, vocal, schedule, num_steps=num_steps, **options)

    preset = {"two": partial(sampler, num_steps=2)}
    rows = sampling.measure_samplers(tiny_network, preset, GUIDANCE, CPU, 1)
    assert all(row.median > 0 for row in rows)
    assert set(seen) == {(2, "Guided")}
