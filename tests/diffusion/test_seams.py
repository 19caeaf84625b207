"""Windows of one sampling run leave no seams, unlike clips that are sampled separately."""

import math

import pytest
import torch

from samuel_gen.diffusion.samplers import unipc
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.diffusion.windows import Windowed, window_starts

FRAMES, WINDOW, OVERLAP, SONGS = 400, 80, 20, 2000
CORRELATION_FRAMES = 15.0


@pytest.fixture
def denoiser():
    """The exact denoiser of stationary Gaussian data whose frames are correlated.

    For covariance C the velocity is the linear map (sigma alpha (1 - C)) / (alpha^2 C +
    sigma^2), in the eigenbasis of C.
    """
    bases: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def denoise(noisy, timestep, vocal):
        frames = noisy.shape[-1]
        if frames not in bases:
            distance = torch.arange(frames, dtype=torch.float64)[:, None] - torch.arange(frames)
            bases[frames] = torch.linalg.eigh(
                torch.exp(-0.5 * (distance / CORRELATION_FRAMES) ** 2)
            )
        power, basis = bases[frames]
        alpha, sigma = (value.double() for value in cosine().at(timestep, like=noisy))
        spread = alpha**2 * power.clamp(min=0) + sigma**2
        inner = (noisy.double() @ basis) * (alpha * sigma * (1 - power.clamp(min=0))) / spread
        return (inner @ basis.T).float()

    return denoise


def sample(denoiser, frames: int, make_vocal, seed: int) -> torch.Tensor:
    noise = torch.randn(1, SONGS, frames, generator=torch.Generator().manual_seed(seed))
    return unipc(denoiser, noise, make_vocal(1, frames), cosine(), num_steps=16)[0]


def flux(songs: torch.Tensor) -> torch.Tensor:
    """Return the mean square of the change from each frame to the next."""
    return songs.diff(dim=-1).square().mean(0)


def test_window_borders_change_no_more_than_other_frames(denoiser, make_vocal) -> None:
    """A cut between two clips changes far more."""
    starts = window_starts(FRAMES, WINDOW, OVERLAP)
    borders = torch.tensor(sorted({*starts[1:], *(start + WINDOW for start in starts[:-1])})) - 1
    data_flux = 2 * (1 - math.exp(-0.5 / CORRELATION_FRAMES**2))  # of the data itself
    one = flux(sample(Windowed(denoiser, WINDOW, OVERLAP), FRAMES, make_vocal, 0))
    inside = torch.ones(FRAMES - 1, dtype=torch.bool)
    inside[borders] = False
    assert one[borders].mean() == pytest.approx(float(one[inside].mean()), rel=0.1)
    assert one[borders].max() < 1.5 * one[inside].max()
    assert float(one[inside].mean()) < 3 * data_flux
    clips = [sample(denoiser, WINDOW, make_vocal, seed) for seed in range(FRAMES // WINDOW)]
    cuts = flux(torch.cat(clips, dim=-1))[torch.arange(1, len(clips)) * WINDOW - 1]
    assert cuts.min() > 50 * one[borders].max()


def test_overlaps_have_the_same_power_as_single_windows(denoiser, make_vocal) -> None:
    """Separate clips that are crossfaded lose power, because they are not correlated."""
    songs = sample(Windowed(denoiser, WINDOW, OVERLAP), FRAMES, make_vocal, 1)
    shared = torch.zeros(FRAMES, dtype=torch.bool)
    for start in window_starts(FRAMES, WINDOW, OVERLAP)[1:]:
        shared[start : start + OVERLAP] = True
    power_per_frame = songs.square().mean(0)
    ratio = float(power_per_frame[shared].mean() / power_per_frame[~shared].mean())
    assert ratio == pytest.approx(1, abs=0.05)

    fade = torch.linspace(0, 1, OVERLAP)
    first, second = (sample(denoiser, WINDOW, make_vocal, seed) for seed in (2, 3))
    faded = (1 - fade) * first[:, -OVERLAP:] + fade * second[:, :OVERLAP]
    assert float(faded.square().mean() / power_per_frame[~shared].mean()) < 0.8
