"""The baseline must be what it says: of the released size, doing the same kind of work."""

import pytest
import torch

from samuel_gen.benchmark.network import gigaflops, inputs
from samuel_gen.benchmark.plain import PlainUNet, guided_apart
from samuel_gen.diffusion.denoiser import Vocal

RELEASED = 15_571_904
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def plain() -> PlainUNet:
    torch.manual_seed(0)
    return PlainUNet().eval()


def test_its_size_and_its_arithmetic_are_the_released_networks(plain: PlainUNet) -> None:
    assert sum(p.numel() for p in plain.parameters()) == pytest.approx(RELEASED, rel=0.03)
    given = inputs(1, CPU)
    assert gigaflops(lambda: plain(*given)) == pytest.approx(5.5, rel=0.05)


@torch.inference_mode()
@pytest.mark.parametrize("part", ["noisy", "timestep", "vocal"])
def test_it_hears_everything(plain: PlainUNet, part: str) -> None:
    noisy, timestep, vocal = inputs(1, CPU, frames=64)
    before = plain(noisy, timestep, vocal)
    assert before.shape == noisy.shape and before.isfinite().all()
    if part == "noisy":
        noisy = noisy.flip(2)
    elif part == "timestep":
        timestep = timestep + 100
    else:
        vocal = Vocal.of(vocal.latents + 1, vocal.melody)
    assert (plain(noisy, timestep, vocal) - before).abs().max() > 1e-4


def test_a_window_is_a_window_and_the_whole_is_the_whole(plain: PlainUNet) -> None:
    attention = plain.align_input
    features = torch.randn(1, 64, 96, requires_grad=True)
    context = torch.randn(1, 64, 96, requires_grad=True)
    for mix, expected in ((attention._local, range(39, 58)), (attention._global, range(96))):
        gradient = torch.autograd.grad(mix(features, context)[:, :, 48].sum(), context)[0]
        assert gradient.abs().sum((0, 1)).nonzero().flatten().tolist() == list(expected)


def test_guidance_takes_two_calls_of_one() -> None:
    calls = []

    def denoiser(noisy, timestep, vocal):
        calls.append((len(noisy), bool(vocal.latents_given.all())))
        return torch.full_like(noisy, float(vocal.latents_given.all()))

    noisy, timestep, vocal = inputs(1, CPU, frames=8)
    assert torch.equal(
        guided_apart(denoiser, 3.0)(noisy, timestep, vocal), 3 * torch.ones(1, 64, 8)
    )
    assert calls == [(1, True), (1, False)]
