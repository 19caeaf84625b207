"""Fixtures of several rooms: a codec of a few lines, and the smallest network there is."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from samuel_gen.checkpoint.checkpoint import Checkpoint
from samuel_gen.checkpoint.loading import TrainedModel
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.models.unet import SoftAlignmentUNet

# librosa's functions are compiled into a cache. Two processes that fill one at the same time can
# leave entries of each other's in it, which crash whoever loads them: each worker has its own.
_CACHE = Path(__file__).parents[1] / ".pytest_cache" / "numba"
os.environ["NUMBA_CACHE_DIR"] = str(_CACHE / os.environ.get("PYTEST_XDIST_WORKER", "alone"))

TINY_NETWORK = {
    "latent_channels": 64,
    "widths": [16, 32],
    "depth": 1,
    "context_channels": 16,
    "context_depth": 1,
    "timestep_channels": 32,
    "input_heads": 2,
    "bottleneck_heads": 4,
    "head_width": 8,
}


class FramedCodec:
    """Projects each frame of audio onto 64 fixed directions; linear, so that exact laws hold."""

    sample_rate, hop_length, channels = 44100, 2048, 64
    context_frames = 0

    def __init__(self) -> None:
        basis = torch.randn(2 * self.hop_length, self.channels, generator=_seeded(1))
        self.basis = torch.linalg.qr(basis).Q
        self.identity = CodecIdentity("framed", "0", self.sample_rate, self.hop_length, 64)

    def encode(self, audio: torch.Tensor) -> torch.Tensor:
        missing = -audio.shape[-1] % self.hop_length
        frames = torch.nn.functional.pad(audio, (0, missing)).unflatten(1, (-1, self.hop_length))
        return self.basis.T @ frames.permute(0, 2, 1).flatten(0, 1)

    def decode(self, latents: torch.Tensor, num_samples: int | None = None) -> torch.Tensor:
        frames = (self.basis @ latents).unflatten(0, (2, self.hop_length))
        return frames.permute(0, 2, 1).flatten(1)[:, :num_samples]


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws are checked in float32, whatever this machine's CPU multiplies faster."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {})


@pytest.fixture
def framed_codec() -> FramedCodec:
    return FramedCodec()


@pytest.fixture
def tiny_config() -> dict:
    """The `model` node of a tiny network, as a checkpoint holds it."""
    return {"_target_": "samuel_gen.models.unet.SoftAlignmentUNet", **TINY_NETWORK}


@pytest.fixture
def tiny_network() -> SoftAlignmentUNet:
    """A tiny network whose output layer is not zero, so its output depends on its input."""
    torch.manual_seed(0)
    network = SoftAlignmentUNet(**TINY_NETWORK)
    torch.nn.init.normal_(network.decode.weight, std=0.05)
    return network


@pytest.fixture
def plain_normaliser() -> LatentNormaliser:
    return LatentNormaliser(mean=torch.zeros(64), scale=torch.ones(64))


@pytest.fixture
def tiny_model(tiny_network, framed_codec, plain_normaliser) -> TrainedModel:
    """The tiny network with the linear codec, ready to generate with."""
    return TrainedModel(
        tiny_network, cosine(), Objective(), framed_codec, plain_normaliser, plain_normaliser
    )


@pytest.fixture
def vocal() -> Vocal:
    generator = _seeded(2)
    return Vocal.of(
        torch.randn(3, 64, 40, generator=generator), torch.rand(3, 14, 40, generator=generator)
    )


@pytest.fixture
def sound() -> torch.Tensor:
    """Two seconds of a gliding, buzzing tone at 44.1 kHz, mono, about -20 dBFS."""
    time = torch.arange(2 * 44100) / 44100
    glide = 220 * 2 ** (time / 12)
    phase = 2 * torch.pi * torch.cumsum(glide, 0) / 44100
    return 0.1 * sum(torch.sin(phase * k) / k for k in range(1, 8))[None]


@pytest.fixture
def make_checkpoint(tiny_network, tiny_config, plain_normaliser) -> Callable[..., Checkpoint]:
    """Makes checkpoints of the tiny network for the embedded codec."""

    def make(normaliser: LatentNormaliser = plain_normaliser, **provenance: object) -> Checkpoint:
        return Checkpoint(
            weights={name: value.clone() for name, value in tiny_network.state_dict().items()},
            config={
                "model": tiny_config,
                "schedule": {"_target_": "samuel_gen.diffusion.schedules.cosine"},
                "objective": {"_target_": "samuel_gen.diffusion.objective.Objective"},
                "codec": {"_target_": "samuel_gen.codecs.spectral.codec.SpectralCodec"},
            },
            codec_identity=SpectralCodec().identity,
            vocal_normaliser=normaliser,
            accompaniment_normaliser=normaliser,
            provenance=dict(provenance),
        )

    return make


@pytest.fixture
def in_precision(monkeypatch):
    """Replaces this machine's CPU by one with or without bfloat16 products."""
    return lambda bfloat16: monkeypatch.setattr(
        torch.cpu, "get_capabilities", lambda: {"avx512_bf16": bfloat16}
    )
