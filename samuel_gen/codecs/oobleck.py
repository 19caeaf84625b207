"""The pretrained variational autoencoders of Stable Audio Open and of ACE-Step 1.5."""

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
from samuel_gen.codecs.pretrained import CONFIG, EXTRA, WEIGHTS, find_pretrained_file
from samuel_gen.codecs.tiles import receptive_field, run_in_tiles
from samuel_gen.errors import SamuelError
from samuel_gen.storage import file_sha256


@dataclass(frozen=True)
class OobleckCodec:
    """A codec whose network is diffusers' `AutoencoderOobleck`.

    It needs diffusers (`pip install 'samuel-gen[vae]'`). The object is cheap to make, to compare
    and to send to another process: the configuration is read, and the weights are hashed or loaded,
    on first use.

    Args:
        pretrained: `OWNER/MODEL` on the Hugging Face hub, or a folder with its files.
        name: the kind of codec, for its identity.
        subfolder: the autoencoder's folder inside `pretrained`; a local folder may also hold the
            autoencoder's files itself.
        revision: branch, tag or commit on the hub.
        device: "auto" (CUDA, else CPU) or a torch device, on which the network runs.
        half: compute in float16 on CUDA; on other devices it is float32.
        posterior: encode to the mean of the encoder's normal distribution, or to a sample of it.
            The sample's noise is seeded by the frame's own audio, so that equal audio has equal
            latents.
        tile_frames: latent frames that pass through the network at once, which bounds the memory.
        max_batch: the largest batch of tiles on an accelerator; on a CPU it is 1.

    Raises:
        SamuelError: diffusers is missing or an argument is invalid; on first use, the files are
            missing or describe another network, or the device does not exist.

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
            raise SamuelError(f"codec {self.name}: diffusers is not installed; {EXTRA}")
        if self.posterior not in ("mean", "sample"):
            raise SamuelError(f"codec.posterior={self.posterior} is unknown; use mean or sample")
        if self.max_batch < 1:
            raise SamuelError(f"codec.max_batch={self.max_batch} is below 1; raise it")

    def __getstate__(self) -> dict[str, Any]:
        """Return only the arguments, so that another process loads its own network."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def sample_rate(self) -> int:
        """The rate of the audio that is encoded and decoded, in Hz."""
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
        """The longer context of encoder and decoder, computed from their convolutions.

        Reading it loads the network, so an unusable network raises its error here.
        """
        return max(self._contexts)

    @cached_property
    def identity(self) -> CodecIdentity:
        """The codec's identity: equal for equal weights, whatever their place and device."""
        digest = file_sha256(self._file(WEIGHTS))[:16]
        return CodecIdentity(self.name, digest, self.sample_rate, self.hop_length, self.channels)

    @torch.no_grad()
    def encode(self, audio: Float[Tensor, "2 samples"]) -> Float[Tensor, "channels frames"]:
        """Return latents on the CPU; silence pads the audio to whole frames."""
        hop = self.hop_length
        audio = torch.nn.functional.pad(audio.float().cpu(), (0, -audio.shape[1] % hop))
        if audio.shape[1] == 0:
            return torch.zeros(self.channels, 0)
        moments = self._run_in_tiles(self._networks[0], audio, (hop, 1), self._contexts[0])
        mean, scale = moments.chunk(2)
        if self.posterior == "mean":
            return mean.contiguous()
        return mean + (nn.functional.softplus(scale) + 1e-4) * _draw_noise(
            audio, hop, self.channels
        )

    @torch.no_grad()
    def decode(
        self, latents: Float[Tensor, "channels frames"], num_samples: int | None = None
    ) -> Float[Tensor, "2 samples"]:
        """Return stereo audio on the CPU, with silence beyond the last frame."""
        hop, context = self.hop_length, self._contexts[1]
        if num_samples is None:
            num_samples = latents.shape[1] * hop
        latents = latents[:, : math.ceil(num_samples / hop) + context].float().cpu()
        if latents.shape[1] == 0 or num_samples == 0:
            return torch.zeros(2, num_samples)
        audio = self._run_in_tiles(self._networks[1], latents, (1, hop), context)
        return torch.nn.functional.pad(audio, (0, num_samples - audio.shape[1]))  # or crop

    def _run_in_tiles(
        self, network: nn.Module, values: Tensor, hops: tuple[int, int], context: int
    ) -> Tensor:
        """Run one of the networks over a long signal, in batches that suit its device."""
        weight = next(network.parameters())

        def run(batch: Tensor) -> Tensor:
            result: Tensor = network(batch.to(weight)).float().cpu()
            if weight.dtype == torch.float16 and not result.isfinite().all():
                raise SamuelError(
                    f"codec {self.name}: the network exceeds the range of float16; "
                    "set codec.half=false"
                )
            return result

        return run_in_tiles(
            run,
            values,
            hops,
            context=context,
            longest=self.tile_frames,
            max_batch=1 if weight.device.type == "cpu" else self.max_batch,
        )

    @cached_property
    def _contexts(self) -> tuple[int, int]:
        """The frames of context on either side: the encoder's and the decoder's."""
        hop, (encoder, decoder) = self.hop_length, self._networks
        first, last = receptive_field(encoder, 0, 0)
        before, after = receptive_field(decoder, 0, hop - 1)
        contexts = math.ceil(max(-first, last - hop + 1) / hop), max(-before, after)
        if self.tile_frames <= 2 * max(contexts):
            raise SamuelError(
                f"codec.tile_frames={self.tile_frames} is too small: it must exceed "
                f"{2 * max(contexts)}, the context at both ends of a tile; raise it"
            )
        return contexts

    def _file(self, filename: str) -> Path:
        return find_pretrained_file(self.pretrained, self.subfolder, filename, self.revision)

    @cached_property
    def _architecture(self) -> Architecture:
        return Architecture.read(self._file(CONFIG))

    @cached_property
    def _networks(self) -> tuple[nn.Module, nn.Module]:
        """The encoder and the decoder, on their device."""
        device = self._device()
        encoder, decoder = self._architecture.load_networks(self._file(WEIGHTS))
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
                f"codec.device={name} is not available on this machine; use auto"
            ) from None


def _draw_noise(
    audio: Float[Tensor, "2 samples"], hop_length: int, channels: int
) -> Float[Tensor, "channels frames"]:
    """Draw standard normal noise for each frame, seeded by the hash of the frame's audio."""
    columns = []
    for frame in rearrange(audio, "two (frames hop) -> frames two hop", hop=hop_length):
        digest = hashlib.sha256(frame.contiguous().numpy().tobytes()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
        columns.append(torch.randn(channels, generator=generator))
    return torch.stack(columns, dim=1)
