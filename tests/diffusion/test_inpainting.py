"""Known frames come out as they were, and the others are generated to fit them."""

import pytest
import torch

from samuel_gen.diffusion.inpainting import Inpainted
from samuel_gen.diffusion.samplers import ancestral, ddim, dpm_solver_2m, unipc
from samuel_gen.diffusion.schedules import cosine

SAMPLERS = [ddim, unipc, dpm_solver_2m, ancestral]
FRAMES, SHARE = 12, torch.tensor([1.0] * 4 + [0.0] * 5 + [1.0] * 3)


@pytest.fixture
def noise(generator) -> torch.Tensor:
    return torch.randn(2, 3, FRAMES, generator=generator)


@pytest.fixture
def clean() -> torch.Tensor:
    return 2 * torch.randn(1, 3, FRAMES, generator=torch.Generator().manual_seed(5))


def sample(sampler, denoiser, noise, vocal) -> torch.Tensor:
    generator = torch.Generator().manual_seed(9)
    return sampler(denoiser, noise, vocal, cosine(), num_steps=8, generator=generator)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_known_frames_are_kept_and_the_others_are_free(
    sampler, noise, clean, make_vocal, perfect_denoiser
) -> None:
    """With a denoiser that treats each frame by itself, neither part influences the other."""
    plain = perfect_denoiser(cosine(), torch.tensor([0.5, 0.0, -1.0]), torch.tensor([1.0, 0.5, 2]))
    inpainted = Inpainted(plain, cosine(), clean, SHARE)
    vocal = make_vocal(2, FRAMES)
    found, free = (sample(sampler, each, noise, vocal) for each in (inpainted, plain))
    assert torch.allclose(found[..., SHARE == 1], clean.expand(2, -1, -1)[..., SHARE == 1])
    assert torch.equal(found[..., SHARE == 0], free[..., SHARE == 0])


def test_the_denoiser_sees_known_frames_at_the_same_noise_level(
    noise, clean, make_vocal, recorder
) -> None:
    """A deterministic sampler only visits alpha * clean + sigma * its initial noise."""
    zero = recorder(lambda noisy, timestep, vocal: torch.zeros_like(noisy))
    sample(ddim, Inpainted(zero, cosine(), clean, SHARE), noise, make_vocal(2, FRAMES))
    for noisy, timestep, _ in zero.calls:
        alpha, sigma = cosine().at(timestep, like=noisy)
        start_alpha, start_sigma = cosine().at(zero.calls[0][1], like=noisy)
        initial = (noise - start_alpha * clean) / start_sigma
        expected = alpha * clean + sigma * initial
        assert torch.allclose(noisy[..., SHARE == 1], expected[..., SHARE == 1], atol=1e-4)


def test_generated_frames_fit_the_known_ones(noise, clean, make_vocal) -> None:
    """A denoiser of data whose frames are all equal finds the known value everywhere."""

    def equal_frames(noisy, timestep, vocal):
        alpha, sigma = cosine().at(timestep, like=noisy)
        precision = (alpha / sigma) ** 2 * FRAMES + 1e-6
        mean = (alpha / sigma**2) * noisy.sum(-1, keepdim=True) / precision
        return (alpha * noisy - mean) / sigma

    constant = clean.mean(-1, keepdim=True).expand_as(clean)
    inpainted = Inpainted(equal_frames, cosine(), constant, SHARE)
    found = sample(unipc, inpainted, noise, make_vocal(2, FRAMES))
    free = sample(unipc, equal_frames, noise, make_vocal(2, FRAMES))
    error = (found - constant)[..., SHARE == 0].abs().max()
    assert error < 0.5 * (free - constant)[..., SHARE == 0].abs().max()


def test_a_share_between_0_and_1_is_a_blend(noise, clean, make_vocal, recorder) -> None:
    zero = recorder(lambda noisy, timestep, vocal: torch.zeros_like(noisy))
    timestep = torch.tensor([300, 300])
    vocal = make_vocal(2, FRAMES)
    whole, half = (
        Inpainted(zero, cosine(), clean, torch.full((FRAMES,), share))(noise, timestep, vocal)
        for share in (1.0, 0.5)
    )
    assert torch.allclose(half, 0.5 * whole)
