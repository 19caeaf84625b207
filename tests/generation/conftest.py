import math
from dataclasses import replace

import pytest
import torch
from einops import rearrange

from samuel_gen.checkpoint.loading import TrainedModel
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.generation.stages import Stages


class LosslessCodec:
    """A codec whose latents are the samples themselves."""

    sample_rate, hop_length, channels, context_frames = 44100, 32, 64, 0
    identity = CodecIdentity("samples", "none", 44100, 32, 64)

    def encode(self, audio: torch.Tensor) -> torch.Tensor:
        padded = torch.nn.functional.pad(audio, (0, -audio.shape[-1] % 32))
        return rearrange(padded, "two (frames hop) -> (two hop) frames", hop=32)

    def decode(self, latents: torch.Tensor, num_samples: int | None = None) -> torch.Tensor:
        return rearrange(latents, "(two hop) frames -> two (frames hop)", two=2)[:, :num_samples]


@pytest.fixture
def accompanist(tiny_model: TrainedModel) -> Accompanist:
    return Accompanist(tiny_model, device="cpu")


@pytest.fixture
def stages(accompanist: Accompanist) -> Stages:
    return accompanist.stages


@pytest.fixture
def lossless(tiny_model: TrainedModel) -> Accompanist:
    """An accompanist whose codec loses nothing."""
    return Accompanist(replace(tiny_model, codec=LosslessCodec()), device="cpu")


@pytest.fixture
def melody():
    """Makes a second of a tone with overtones for each note, in semitones from A = 440 Hz."""

    def make(notes: list[float], cents: float = 0.0) -> torch.Tensor:
        parts = []
        for note in notes:
            pitch = 440 * 2 ** ((note + cents / 100) / 12)
            phase = torch.arange(44100) * 2 * math.pi * pitch / 44100
            fade = torch.hann_window(44100).sqrt()
            parts.append(fade * sum(torch.sin(k * phase) / k for k in range(1, 6)))
        return 0.2 * torch.cat(parts)[None]

    return make
