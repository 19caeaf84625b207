"""The baseline has the size of the released network and does the same kind of work."""

import pytest
import torch

from samuel_gen.benchmark.baseline_network import BaselineUNet, guide_in_two_passes
from samuel_gen.benchmark.network import count_gigaflops, make_inputs
from samuel_gen.diffusion.denoiser import Vocal

RELEASED_PARAMETERS = 15_571_904
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def baseline() -> BaselineUNet:
    torch.manual_seed(0)
    return BaselineUNet().eval()


def test_size_and_arithmetic_are_the_released_networks(baseline: BaselineUNet) -> None:
    parameters = sum(p.numel() for p in baseline.parameters())
    assert parameters == pytest.approx(RELEASED_PARAMETERS, rel=0.03)
    inputs = make_inputs(1, CPU)
    assert count_gigaflops(lambda: baseline(*inputs)) == pytest.approx(5.5, rel=0.05)


@torch.inference_mode()
@pytest.mark.parametrize("part", ["noisy", "timestep", "vocal"])
def test_every_input_changes_the_output(baseline: BaselineUNet, part: str) -> None:
    noisy, timestep, vocal = make_inputs(1, CPU, frames=64)
    before = baseline(noisy, timestep, vocal)
    assert before.shape == noisy.shape and before.isfinite().all()
    if part == "noisy":
        noisy = noisy.flip(2)
    elif part == "timestep":
        timestep = timestep + 100
    else:
        vocal = Vocal.of(vocal.latents + 1, vocal.melody)
    assert (baseline(noisy, timestep, vocal) - before).abs().max() > 1e-4


@pytest.mark.parametrize(
    ("part", "expected"),
    [("_attend_locally", range(39, 58)), ("_attend_globally", range(96))],
)
def test_attention_depends_on_its_window(
    baseline: BaselineUNet, part: str, expected: range
) -> None:
    attend = getattr(baseline.align_input, part)
    features = torch.randn(1, 64, 96, requires_grad=True)
    context = torch.randn(1, 64, 96, requires_grad=True)
    gradient = torch.autograd.grad(attend(features, context)[:, :, 48].sum(), context)[0]
    assert gradient.abs().sum((0, 1)).nonzero().flatten().tolist() == list(expected)


def test_guidance_calls_the_denoiser_twice() -> None:
    calls = []

    def denoiser(noisy, timestep, vocal):
        calls.append((len(noisy), bool(vocal.latents_given.all())))
        return torch.full_like(noisy, float(vocal.latents_given.all()))

    inputs = make_inputs(1, CPU, frames=8)
    guided = guide_in_two_passes(denoiser, 3.0)(*inputs)
    assert torch.equal(guided, 3 * torch.ones(1, 64, 8))
    assert calls == [(1, True), (1, False)]
