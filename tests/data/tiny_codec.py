"""A codec for tests: it projects frames of the mean of both channels. It can be pickled."""

import hashlib
from dataclasses import dataclass, field

import torch
from torch import Tensor

from samuel_gen.codecs.codec import CodecIdentity


@dataclass
class TinyCodec:
    sample_rate: int = 16_000
    hop_length: int = 512
    channels: int = 6
    name: str = "tiny"
    context_frames: int = 0
    weights: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        generator = torch.Generator().manual_seed(7)
        self.weights = torch.randn(self.channels, self.hop_length, generator=generator)

    @property
    def identity(self) -> CodecIdentity:
        digest = hashlib.sha256(self.weights.numpy().tobytes()).hexdigest()
        return CodecIdentity(self.name, digest, self.sample_rate, self.hop_length, self.channels)

    def encode(self, audio: Tensor) -> Tensor:
        missing = -audio.shape[-1] % self.hop_length
        mono = torch.nn.functional.pad(audio.mean(0), (0, missing))
        return self.weights @ mono.reshape(-1, self.hop_length).T

    def decode(self, latents: Tensor, num_samples: int | None = None) -> Tensor:
        sound = (torch.linalg.pinv(self.weights) @ latents).T.reshape(1, -1).repeat(2, 1)
        return sound[:, :num_samples]
