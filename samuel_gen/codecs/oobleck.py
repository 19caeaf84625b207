"""Pretrained variational autoencoders of sound: those of Stable Audio Open and of ACE-Step 1.5."""

import hashlib
import math
from dataclasses import dataclass, fields
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.codecs.autoencoder import Architecture
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.pretrained import CONFIG, EXTRA, WEIGHTS, pretrained_file
from samuel_gen.codecs.tiles import in_tiles, reach
from samuel_gen.errors import SamuelError


@dataclass(frozen=True)
class OobleckCodec:
    """A network of diffusers' `AutoencoderOobleck`; the extra `samuel-gen[vae]` brings diffusers.

    Cheap to make, to compare and to send to another process: what is asked of it first reads the
    configuration, hashes the weights or loads them.

    Args:
        pretrained: `OWNER/MODEL` on the Hugging Face hub, or a folder with its files.
        name: the kind of codec, for its identity.
        subfolder: where the autoencoder is in there; a folder may also be the autoencoder's own.
        revision: branch, tag or commit on the hub.
        device: where the network runs: "auto" (CUDA, else CPU) or a torch device.
        half: compute in float16 on CUDA; elsewhere it is float32.
        posterior: the mean of what the encoder believes, or a sample of it. The noise of a frame
            is seeded by the frame's own audio: the same audio has the same latents.
        tile_frames: latent frames that are worked on at once, which bounds the memory.
        max_batch: tiles that an accelerator works on at once; a CPU takes one.

    Raises:
        SamuelError: no diffusers, or a value that cannot be; and, on first use, files that are
            not there or are no such autoencoder, or no such device.

    Source: Evans et al. 2024, "Stable Audio Open", section 2.1.
    """

    pretrained: str | Path
    name: str
    subfolder: str | None = "vae"
    revision: str | None = None
    device: str = "auto"
    half: bool = True
    posterior: Literal["mean", "sample"] = "mean"
    tile_frames: int = 128
    max_batch: int = 4

    def __post_init__(self) -> None:
        if find_spec("diffusers") is None:
            raise SamuelError(
                f"codec {self.name}: diffusers is not installed; expected it for this codec's "
                f"network; {EXTRA}"
            )
        if self.posterior not in ("mean", "sample"):
            raise SamuelError(
                f"codec.posterior={self.posterior}; expected mean or sample; choose one"
            )
        if self.max_batch < 1:
            raise SamuelError(f"codec.max_batch={self.max_batch}; expected at least 1; raise it")

    def __getstate__(self) -> dict[str, Any]:
        """The arguments alone: another process loads its own network."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def sample_rate(self) -> int:
        """Of the audio that it takes and gives, in Hz."""
        return self._architecture.sampling_rate

    @property
    def hop_length(self) -> int:
        """Samples of audio per latent frame."""
        return self._architecture.hop_length

    @property
    def channels(self) -> int:
        """Numbers per latent frame."""
        return self._architecture.decoder_input_channels

    @property
    def context_frames(self) -> int:
        """The longer of the encoder's reach and the decoder's, from the convolutions they have.

        Asking for it loads the network, and so brings to light whatever is wrong with it.
        """
        return max(self._contexts)

    @cached_property
    def identity(self) -> CodecIdentity:
        """Equal for equal weights, wherever they come from and on whatever they run."""
        with self._file(WEIGHTS).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        return CodecIdentity(self.name, digest, self.sample_rate, self.hop_length, self.channels)

    @torch.no_grad()
    def encode(self, audio: Float[Tensor, "2 samples"]) -> Float[Tensor, "channels frames"]:
        """Latents, on the CPU; the audio is filled up with silence to whole frames."""
        hop = self.hop_length
        audio = torch.nn.functional.pad(audio.float().cpu(), (0, -audio.shape[1] % hop))
        if audio.shape[1] == 0:
            return torch.zeros(self.channels, 0)
        beliefs = self._in_tiles(self._networks[0], audio, (hop, 1), self._contexts[0])
        mean, scale = beliefs.chunk(2)
        if self.posterior == "mean":
            return mean.contiguous()
        return mean + (nn.functional.softplus(scale) + 1e-4) * _noise(audio, hop, self.channels)

    @torch.no_grad()
    def decode(
        self, latents: Float[Tensor, "channels frames"], num_samples: int | None = None
    ) -> Float[Tensor, "2 samples"]:
        """Stereo audio, on the CPU; silence past the last frame, should more be asked for."""
        hop, context = self.hop_length, self._contexts[1]
        if num_samples is None:
            num_samples = latents.shape[1] * hop
        latents = latents[:, : math.ceil(num_samples / hop) + context].float().cpu()
        if latents.shape[1] == 0 or num_samples == 0:
            return torch.zeros(2, num_samples)
        audio = self._in_tiles(self._networks[1], latents, (1, hop), context)
        return torch.nn.functional.pad(audio, (0, num_samples - audio.shape[1]))  # or crop

    def _in_tiles(
        self, network: nn.Module, values: Tensor, hops: tuple[int, int], context: int
    ) -> Tensor:
        weight = next(network.parameters())

        def run(batch: Tensor) -> Tensor:
            result: Tensor = network(batch.to(weight)).float().cpu()
            if weight.dtype == torch.float16 and not result.isfinite().all():
                raise SamuelError(
                    f"codec {self.name}: numbers beyond the range of float16; expected less; "
                    "set codec.half=false"
                )
            return result

        return in_tiles(
            run,
            values,
            hops,
            context=context,
            longest=self.tile_frames,
            max_batch=1 if weight.device.type == "cpu" else self.max_batch,
        )

    @cached_property
    def _contexts(self) -> tuple[int, int]:
        """Frames on which a frame depends to either side: the encoder's and the decoder's."""
        hop, (encoder, decoder) = self.hop_length, self._networks
        first, last = reach(encoder, 0, 0)
        before, after = reach(decoder, 0, hop - 1)
        contexts = math.ceil(max(-first, last - hop + 1) / hop), max(-before, after)
        if self.tile_frames <= 2 * max(contexts):
            raise SamuelError(
                f"codec.tile_frames={self.tile_frames}; expected more than {2 * max(contexts)}, "
                "the context that this autoencoder needs at both ends of a tile; raise it"
            )
        return contexts

    def _file(self, filename: str) -> Path:
        return pretrained_file(self.pretrained, self.subfolder, filename, self.revision)

    @cached_property
    def _architecture(self) -> Architecture:
        return Architecture.read(self._file(CONFIG))

    @cached_property
    def _networks(self) -> tuple[nn.Module, nn.Module]:
        """The encoder and the decoder, on their device."""
        device = self._device()
        encoder, decoder = self._architecture.load(self._file(WEIGHTS))
        dtype = torch.float16 if self.half and device.type == "cuda" else torch.float32
        return encoder.to(device, dtype), decoder.to(device, dtype)

    def _device(self) -> torch.device:
        name = self.device
        if name == "auto":
            name = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            return torch.empty(0, device=name).device
        except (RuntimeError, AssertionError):
            raise SamuelError(
                f"codec.device={name}: not on this machine; expected auto, cpu, cuda or mps; "
                "use auto"
            ) from None


def _noise(
    audio: Float[Tensor, "2 samples"], hop_length: int, channels: int
) -> Float[Tensor, "channels frames"]:
    """Normal numbers that are a function of each frame's own audio."""
    columns = []
    for frame in rearrange(audio, "two (frames hop) -> frames two hop", hop=hop_length):
        digest = hashlib.sha256(frame.contiguous().numpy().tobytes()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
        columns.append(torch.randn(channels, generator=generator))
    return torch.stack(columns, dim=1)
