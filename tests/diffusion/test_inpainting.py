"""What is known comes out as it was, what is not is made to fit it."""

from functools import partial

import pytest
import torch

from samuel_gen.diffusion.inpainting import Known
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


def sampled(sampler, denoiser, noise, vocal) -> torch.Tensor:
    generator = torch.Generator().manual_seed(9)
    return sampler(denoiser, noise, vocal, cosine(), num_steps=8, generator=generator)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_known_frames_end_as_they_were_and_the_others_as_without(
    sampler, noise, clean, make_vocal, perfect_denoiser
) -> None:
    """Of a denoiser that looks at each frame alone, neither part can disturb the other."""
    plain = perfect_denoiser(cosine(), torch.tensor([0.5, 0.0, -1.0]), torch.tensor([1.0, 0.5, 2]))
    known = Known(plain, cosine(), clean, SHARE)
    vocal = make_vocal(2, FRAMES)
    found, free = (sampled(sampler, each, noise, vocal) for each in (known, plain))
    assert torch.allclose(found[..., SHARE == 1], clean.expand(2, -1, -1)[..., SHARE == 1])
    assert torch.equal(found[..., SHARE == 0], free[..., SHARE == 0])


def test_the_network_hears_what_is_known_at_the_level_of_the_rest(
    noise, clean, make_vocal, recorder
) -> None:
    """A deterministic chain visits alpha * clean + sigma * its own noise, nothing else."""
    heard = recorder(lambda noisy, timestep, vocal: torch.zeros_like(noisy))
    sampled(ddim, Known(heard, cosine(), clean, SHARE), noise, make_vocal(2, FRAMES))
    for noisy, timestep, _ in heard.calls:
        alpha, sigma = cosine().at(timestep, like=noisy)
        start_alpha, start_sigma = cosine().at(heard.calls[0][1], like=noisy)
        own = (noise - start_alpha * clean) / start_sigma
        expected = alpha * clean + sigma * own
        assert torch.allclose(noisy[..., SHARE == 1], expected[..., SHARE == 1], atol=1e-4)


def test_what_is_made_fits_its_known_neighbours(noise, clean, make_vocal) -> None:
    """A denoiser that believes all frames are alike finds the known value everywhere."""

    def alike(noisy, timestep, vocal):
        alpha, sigma = cosine().at(timestep, like=noisy)
        precision = (alpha / sigma) ** 2 * FRAMES + 1e-6
        mean = (alpha / sigma**2) * noisy.sum(-1, keepdim=True) / precision
        return (alpha * noisy - mean) / sigma

    level = clean.mean(-1, keepdim=True).expand_as(clean)
    known = Known(alike, cosine(), level, SHARE)
    found = sampled(partial(unipc), known, noise, make_vocal(2, FRAMES))
    free = sampled(partial(unipc), alike, noise, make_vocal(2, FRAMES))
    made = (found - level)[..., SHARE == 0].abs().max()
    assert made < 0.5 * (free - level)[..., SHARE == 0].abs().max()


def test_between_them_is_a_blend(noise, clean, make_vocal, recorder) -> None:
    zero = recorder(lambda noisy, timestep, vocal: torch.zeros_like(noisy))
    timestep = torch.tensor([300, 300])
    vocal = make_vocal(2, FRAMES)
    whole, half = (
        Known(zero, cosine(), clean, torch.full((FRAMES,), share))(noise, timestep, vocal)
        for share in (1.0, 0.5)
    )
    assert torch.allclose(half, 0.5 * whole)
