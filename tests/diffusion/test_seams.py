"""Windows that share one trajectory leave no seams; clips sampled apart do."""

import math

import pytest
import torch

from samuel_gen.diffusion.samplers import unipc
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.diffusion.windows import Windowed, window_starts

FRAMES, WINDOW, OVERLAP, SONGS = 400, 80, 20, 2000
LASTS = 15.0  # frames: the correlation length of the data


@pytest.fixture
def denoiser():
    """The exact denoiser of stationary Gaussian data whose frames hang together.

    Of covariance C it knows the velocity: the linear map (sigma alpha (1 - C)) / (alpha^2 C +
    sigma^2), in the eigenbasis of C.
    """
    bases: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def denoise(noisy, timestep, vocal):
        frames = noisy.shape[-1]
        if frames not in bases:
            apart = torch.arange(frames, dtype=torch.float64)[:, None] - torch.arange(frames)
            bases[frames] = torch.linalg.eigh(torch.exp(-0.5 * (apart / LASTS) ** 2))
        power, basis = bases[frames]
        alpha, sigma = (value.double() for value in cosine().at(timestep, like=noisy))
        spread = alpha**2 * power.clamp(min=0) + sigma**2
        inner = (noisy.double() @ basis) * (alpha * sigma * (1 - power.clamp(min=0))) / spread
        return (inner @ basis.T).float()

    return denoise


def sampled(denoiser, frames: int, make_vocal, seed: int) -> torch.Tensor:
    noise = torch.randn(1, SONGS, frames, generator=torch.Generator().manual_seed(seed))
    return unipc(denoiser, noise, make_vocal(1, frames), cosine(), num_steps=16)[0]


def flux(songs: torch.Tensor) -> torch.Tensor:
    """Mean square of what changes from each frame to the next."""
    return songs.diff(dim=-1).square().mean(0)


def test_no_frame_of_one_trajectory_changes_more_than_another(denoiser, make_vocal) -> None:
    """A cut between two clips changes a hundred times more."""
    starts = window_starts(FRAMES, WINDOW, OVERLAP)
    borders = torch.tensor(sorted({*starts[1:], *(start + WINDOW for start in starts[:-1])})) - 1
    within = 2 * (1 - math.exp(-0.5 / LASTS**2))  # of data that hang together so
    one = flux(sampled(Windowed(denoiser, WINDOW, OVERLAP), FRAMES, make_vocal, 0))
    inside = torch.ones(FRAMES - 1, dtype=torch.bool)
    inside[borders] = False
    assert one[borders].mean() == pytest.approx(float(one[inside].mean()), rel=0.1)
    assert one[borders].max() < 1.5 * one[inside].max()
    assert float(one[inside].mean()) < 3 * within
    clips = [sampled(denoiser, WINDOW, make_vocal, seed) for seed in range(FRAMES // WINDOW)]
    cuts = flux(torch.cat(clips, dim=-1))[torch.arange(1, len(clips)) * WINDOW - 1]
    assert cuts.min() > 50 * one[borders].max()


def test_what_two_windows_share_is_as_loud_as_what_one_has_alone(denoiser, make_vocal) -> None:
    """Clips faded into each other are softer there, or louder: they add up as strangers do."""
    songs = sampled(Windowed(denoiser, WINDOW, OVERLAP), FRAMES, make_vocal, 1)
    shared = torch.zeros(FRAMES, dtype=torch.bool)
    for start in window_starts(FRAMES, WINDOW, OVERLAP)[1:]:
        shared[start : start + OVERLAP] = True
    level = songs.square().mean(0)
    ratio = float(level[shared].mean() / level[~shared].mean())
    assert ratio == pytest.approx(1, abs=0.05)

    fade = torch.linspace(0, 1, OVERLAP)
    first, second = (sampled(denoiser, WINDOW, make_vocal, seed) for seed in (2, 3))
    faded = (1 - fade) * first[:, -OVERLAP:] + fade * second[:, :OVERLAP]
    assert float(faded.square().mean() / level[~shared].mean()) < 0.8
