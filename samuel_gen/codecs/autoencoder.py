"""The network behind `OobleckCodec`: diffusers' `AutoencoderOobleck`, read from its two files."""

import json
import math
import warnings
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

from samuel_gen.errors import SamuelError

KIND = "AutoencoderOobleck"


@dataclass(frozen=True)
class Architecture:
    """The constructor arguments of an `AutoencoderOobleck`, named as in its config.json."""

    encoder_hidden_size: int
    downsampling_ratios: list[int]
    channel_multiples: list[int]
    decoder_channels: int
    decoder_input_channels: int
    audio_channels: int
    sampling_rate: int

    @property
    def hop_length(self) -> int:
        """Samples of audio per latent frame."""
        return math.prod(self.downsampling_ratios)

    @classmethod
    def read(cls, path: Path) -> "Architecture":
        """Read config.json and check that a codec can use the autoencoder it describes.

        Raises:
            SamuelError: the file is unreadable or describes another kind of network, or one whose
                channels or strides do not suit a codec.
        """
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SamuelError(
                f"{path} is not readable as JSON ({error}); copy the {KIND}'s configuration again"
            ) from None
        kind = config.get("_class_name") if isinstance(config, dict) else None
        names = [field.name for field in fields(cls)]
        if kind != KIND or not set(names) <= set(config):
            raise SamuelError(
                f"{path} describes {kind or 'something else'}, not a complete {KIND}; correct "
                "codec.pretrained or codec.subfolder"
            )
        found = cls(**{name: config[name] for name in names})
        encoded = found.encoder_hidden_size
        if found.audio_channels != 2 or encoded != 2 * found.decoder_input_channels:
            raise SamuelError(
                f"{path}: audio_channels={found.audio_channels}, encoder_hidden_size={encoded}, "
                f"decoder_input_channels={found.decoder_input_channels}; a codec needs stereo "
                "audio and an encoder (mean and scale) twice as wide as the decoder's input; use "
                "another autoencoder"
            )
        if any(ratio % 2 for ratio in found.downsampling_ratios):
            raise SamuelError(
                f"{path}: downsampling_ratios {found.downsampling_ratios} contain an odd one, "
                "which shifts frames in time; use another autoencoder"
            )
        return found

    def load_networks(self, weights: Path) -> tuple[nn.Module, nn.Module]:
        """Build the encoder and the decoder and load their weights, for inference in float32.

        Args:
            weights: the safetensors file of the whole autoencoder.

        Raises:
            SamuelError: the weights are damaged or belong to another network.
        """
        from diffusers import AutoencoderOobleck
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        kind: Any = AutoencoderOobleck
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # diffusers uses the old weight_norm
            network = kind(**asdict(self))
        try:
            network.load_state_dict(load_file(weights), assign=True)
        except (OSError, SafetensorError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise SamuelError(
                f"{weights} does not fit the {KIND} that config.json beside it describes "
                f"({reason}); copy both files again"
            ) from None
        for module in network.modules():
            if hasattr(module, "weight_g"):  # compute the product once, not at each call
                nn.utils.remove_weight_norm(module)
        network.float().eval().requires_grad_(False)
        return network.encoder, network.decoder
