"""What comes out: a band, and the voice with it."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.edits import Louder
from samuel_gen.audio.recording import Recording
from samuel_gen.diffusion.denoiser import Vocal

Stereo = Float[Tensor, "2 samples"]


@dataclass(frozen=True, eq=False)
class Accompaniment:
    """What was made for one vocal; the sound waits on disk until it is asked for.

    Attributes:
        voice: the vocal, stereo.
        stem: the band, as long as the voice to the sample and at its rate; true peak at most
            -1 dBTP.
        blend: the voice with the band, likewise.
        heard: what the network heard of the voice, a batch of one.
        latents: what the sampler returned, (channels, frames), in the network's scale.
        seed: of its noise.
        tuning_cents: how far above A = 440 Hz the band plays.
    """

    voice: Recording
    stem: Recording
    blend: Louder
    heard: Vocal
    latents: Float[Tensor, "channels frames"]
    seed: int
    tuning_cents: float
    gain: float

    @property
    def sample_rate(self) -> int:
        """Hz; the vocal's own."""
        return self.stem.sample_rate

    @cached_property
    def accompaniment(self) -> Stereo:
        """The stem in memory, full scale 1."""
        return torch.cat(list(self.stem.blocks(self.sample_rate)), dim=1)

    @cached_property
    def mix(self) -> Stereo:
        """The blend in memory, full scale 1."""
        return torch.cat(list(self.blend.blocks(self.sample_rate)), dim=1)
