"""The released artifact: one safetensors file with all that is needed to make music."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.errors import SamuelError

FORMAT = 2
_KEY = "samuel_gen"


@dataclass(frozen=True)
class Checkpoint:
    """A trained denoiser and whatever generation must know of it.

    Attributes:
        weights: the denoiser's state (averaged weights), by parameter name.
        config: the nodes `model`, `schedule`, `objective` and `codec`, each `_target_` plus
            arguments.
        codec_identity: of the codec whose latents it learned.
        vocal_normaliser, accompaniment_normaliser: from that codec's latents to the network's.
        provenance: how it came about: version, epoch, step and metrics of these weights, epochs
            and steps of the whole run, songs and hours it learned from, the released weights it
            began with; for reading only, and each may be absent.
    """

    weights: dict[str, Tensor]
    config: dict[str, Any]
    codec_identity: CodecIdentity
    vocal_normaliser: LatentNormaliser
    accompaniment_normaliser: LatentNormaliser
    provenance: dict[str, Any]

    @property
    def beginning(self) -> str | None:
        """The weights that training began with, in words; None where that is not recorded."""
        if "began_with" not in self.provenance:
            return None
        parent = self.provenance["began_with"]
        return f"weights {parent['sha256']} of {parent['steps']} steps" if parent else "random"

    def half(self) -> "Checkpoint":
        """The same in half the bytes: weights in float16, which come back as float32 when used."""
        return replace(self, weights={name: each.half() for name, each in self.weights.items()})

    def save(self, path: str | Path) -> None:
        """Write the file; it appears whole or not at all."""
        from safetensors.torch import save

        path = Path(path)
        header = {
            "format": FORMAT,
            "config": self.config,
            "codec_identity": self.codec_identity.to_dict(),
            "vocal_normaliser": self.vocal_normaliser.to_dict(),
            "accompaniment_normaliser": self.accompaniment_normaliser.to_dict(),
            "provenance": self.provenance,
        }
        weights = {
            name: tensor.detach().cpu().contiguous() for name, tensor in self.weights.items()
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(save(weights, metadata={_KEY: json.dumps(header, sort_keys=True)}))
        os.replace(partial, path)

    @classmethod
    def load(cls, path: str | Path) -> "Checkpoint":
        """Read the file that `save` wrote; no code in it is ever run.

        Raises:
            SamuelError: no such file, another kind of file, a truncated one, or another version's.
        """
        from safetensors import SafetensorError, safe_open

        path = Path(path)
        if not path.is_file():
            raise SamuelError(
                f"{path}: no such file; expected a samuel_gen checkpoint (.safetensors); "
                "samuel-train prints where it wrote one"
            )
        if path.suffix == ".ckpt":
            raise SamuelError(
                f"{path}: a training checkpoint; expected the released form; "
                "name the model.safetensors of the same run"
            )
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError) as error:
            raise SamuelError(
                f"{path}: not a whole safetensors file ({error}); expected a samuel_gen "
                "checkpoint; was the copy cut short?"
            ) from None
        if _KEY not in metadata:
            raise SamuelError(
                f"{path}: safetensors of another kind; expected a samuel_gen checkpoint; "
                "name the model.safetensors that samuel-train wrote"
            )
        return cls._from_header(path, json.loads(metadata[_KEY]), weights)

    @classmethod
    def _from_header(
        cls, path: Path, header: Mapping[str, Any], weights: dict[str, Tensor]
    ) -> "Checkpoint":
        if header.get("format") != FORMAT:
            raise SamuelError(
                f"{path}: checkpoint format {header.get('format')}; expected {FORMAT}; "
                "use the version of samuel_gen that wrote it, or train again"
            )
        return cls(
            weights=weights,
            config=header["config"],
            codec_identity=CodecIdentity.from_dict(header["codec_identity"]),
            vocal_normaliser=LatentNormaliser.from_dict(header["vocal_normaliser"]),
            accompaniment_normaliser=LatentNormaliser.from_dict(header["accompaniment_normaliser"]),
            provenance=header["provenance"],
        )
