"""The network behind `OobleckCodec`: diffusers' `AutoencoderOobleck`, from its two files."""

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
    """The arguments of an `AutoencoderOobleck`, as its config.json has them."""

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
        """What the file describes.

        Raises:
            SamuelError: no such autoencoder, or one that is of no use to a codec.
        """
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SamuelError(
                f"{path}: not readable as JSON ({error}); expected the configuration of an {KIND}; "
                "copy it again"
            ) from None
        kind = config.get("_class_name") if isinstance(config, dict) else None
        names = [field.name for field in fields(cls)]
        if kind != KIND or not set(names) <= set(config):
            raise SamuelError(
                f"{path}: describes {kind or 'something else'}; expected a whole {KIND}; "
                "correct codec.pretrained or codec.subfolder"
            )
        found = cls(**{name: config[name] for name in names})
        wide = found.encoder_hidden_size
        if found.audio_channels != 2 or wide != 2 * found.decoder_input_channels:
            raise SamuelError(
                f"{path}: {found.audio_channels} channels of audio, {wide} numbers from the "
                f"encoder and {found.decoder_input_channels} to the decoder; expected 2, and from "
                "the encoder twice as many as to the decoder; use another autoencoder"
            )
        if any(ratio % 2 for ratio in found.downsampling_ratios):
            raise SamuelError(
                f"{path}: downsampling_ratios {found.downsampling_ratios}; expected even ones, "
                "with which frames keep their places; use another autoencoder"
            )
        return found

    def load(self, weights: Path) -> tuple[nn.Module, nn.Module]:
        """The encoder and the decoder with the weights of that file, ready for inference.

        Raises:
            SamuelError: the weights are damaged, or another network's.
        """
        from diffusers import AutoencoderOobleck
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        kind: Any = AutoencoderOobleck
        with torch.device("meta"), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # the class's own weight norms
            network = kind(**asdict(self))
        try:
            network.load_state_dict(load_file(weights), assign=True)
        except (OSError, SafetensorError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise SamuelError(
                f"{weights}: weights that cannot be used ({reason}); expected those of the {KIND} "
                "that config.json beside it describes; copy both again"
            ) from None
        for module in network.modules():
            if hasattr(module, "weight_g"):  # worked out once instead of at each call
                nn.utils.remove_weight_norm(module)
        network.float().eval().requires_grad_(False)
        return network.encoder, network.decoder
