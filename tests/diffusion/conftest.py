import pytest
import torch

from samuel_gen.diffusion.denoiser import Vocal


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def make_vocal():
    def make(batch: int, frames: int, channels: int = 3, features: int = 2) -> Vocal:
        generator = torch.Generator().manual_seed(1)
        return Vocal.of(
            torch.randn(batch, channels, frames, generator=generator),
            torch.randn(batch, features, frames, generator=generator),
        )

    return make
