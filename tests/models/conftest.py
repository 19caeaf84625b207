"""Fixtures of the network's tests: random inputs, a narrow network, random weights."""

from collections.abc import Callable

import jaxtyping
import pytest
import torch
from torch import nn

from samuel_gen.diffusion.denoiser import VIEWS, Vocal
from samuel_gen.lead_sheet.frames import BEAT_FEATURES, CHORD_FEATURES
from samuel_gen.models.unet import SoftAlignmentUNet

TINY = {
    "latent_channels": 4,
    "melody_features": 3,
    "widths": (8, 8, 12, 16),
    "depth": 1,
    "bottleneck_depth": 1,
    "context_channels": 6,
    "context_depth": 1,
    "timestep_channels": 8,
    "input_heads": 2,
    "bottleneck_heads": 2,
    "head_width": 4,
}


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def noise(generator) -> Callable[..., torch.Tensor]:
    """Draw normal random numbers of a given shape, the same in every run."""

    def draw(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=dtype)

    return draw


@pytest.fixture
def randomise() -> Callable[[nn.Module], nn.Module]:
    """Give every parameter of a module a random value, so that no effect is hidden by zeros."""

    def set_random(module: nn.Module) -> nn.Module:
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in module.parameters():
                fan_in = max(parameter[0].numel(), 1) if parameter.dim() > 1 else 10
                parameter.normal_(std=fan_in**-0.5, generator=generator)
        return module

    return set_random


@pytest.fixture
def make_vocal(noise) -> Callable[..., Vocal]:
    def make(
        batch: int = 2, frames: int = 24, *, latent_channels: int = 4, melody_features: int = 3
    ) -> Vocal:
        """Make vocals with all views given; each item has a style of its own."""
        given = torch.ones(batch, dtype=torch.bool)
        return Vocal(
            noise(batch, latent_channels, frames),
            noise(batch, melody_features, frames),
            chords=noise(batch, CHORD_FEATURES, frames),
            beats=noise(batch, BEAT_FEATURES, frames),
            style=torch.arange(batch),
            **{f"{view}_given": given.clone() for view in VIEWS},
        )

    return make


@pytest.fixture
def make_network() -> Callable[..., SoftAlignmentUNet]:
    """Make a narrow network as training initialises it: its output layer is zero."""

    def build(**changes) -> SoftAlignmentUNet:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return SoftAlignmentUNet(**{**TINY, **changes})

    return build


@pytest.fixture
def make_random_network(make_network, randomise) -> Callable[..., SoftAlignmentUNet]:
    """Make the same network with random weights in every layer."""
    return lambda **changes: randomise(make_network(**changes))


@pytest.fixture
def without_type_checks(monkeypatch) -> None:
    """Switch off the check of types at run time, which a user does not have either."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
