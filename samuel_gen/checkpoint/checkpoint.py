"""The checkpoint: one safetensors file with everything that generation needs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.errors import SamuelError
from samuel_gen.storage import open_tensors, write_atomically

FORMAT = 2
_KEY = "samuel_gen"


@dataclass(frozen=True)
class Checkpoint:
    """A trained denoiser with its configuration, its codec's identity and its provenance.

    Attributes:
        weights: the denoiser's averaged weights by parameter name.
        config: the nodes `model`, `schedule`, `objective` and `codec`, each `_target_` plus
            arguments.
        codec_identity: the identity of the codec whose latents the denoiser learned.
        vocal_normaliser, accompaniment_normaliser: the maps from that codec's latents to the
            network's.
        provenance: the record of the training, for reading only: version of the package, epoch,
            step and metrics of these weights, epochs and steps of the whole run, songs and hours
            of its data, the checkpoint that it began with. Each key may be absent.
    """

    weights: dict[str, Tensor]
    config: dict[str, Any]
    codec_identity: CodecIdentity
    vocal_normaliser: LatentNormaliser
    accompaniment_normaliser: LatentNormaliser
    provenance: dict[str, Any]

    @property
    def initial_weights(self) -> str | None:
        """A description of the weights that training began with; None if it is not recorded."""
        if "began_with" not in self.provenance:
            return None
        parent = self.provenance["began_with"]
        return f"weights {parent['sha256']} of {parent['steps']} steps" if parent else "random"

    @property
    def written_by(self) -> str:
        """The version of samuel_gen that wrote the file, for messages."""
        return _writer(self.provenance)

    def to_half_precision(self) -> "Checkpoint":
        """Return the same checkpoint with float16 weights, in half the bytes.

        They become float32 again when they are loaded into a network.
        """
        return replace(self, weights={name: each.half() for name, each in self.weights.items()})

    def save(self, path: str | Path) -> None:
        """Write the file; it appears whole or not at all."""
        from safetensors.torch import save

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
        with write_atomically(path) as temporary:
            temporary.write_bytes(
                save(weights, metadata={_KEY: json.dumps(header, sort_keys=True)})
            )

    @classmethod
    def load(cls, path: str | Path) -> "Checkpoint":
        """Read a file that `save` wrote; no code in it is ever run.

        Raises:
            SamuelError: the file is missing, truncated, of another kind or of another format.
        """
        from safetensors import SafetensorError

        path = Path(path)
        if not path.is_file():
            raise SamuelError(
                f"{path}: no such file; name a model.safetensors; samuel-train prints where it "
                "wrote one"
            )
        if path.suffix == ".ckpt":
            raise SamuelError(
                f"{path} is a training state, not a checkpoint; name the model.safetensors of "
                "the same run"
            )
        try:
            with open_tensors(path) as file:
                metadata = file.metadata() or {}
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError) as error:
            raise SamuelError(
                f"{path}: not a whole safetensors file ({error}); copy it again, or name "
                "another checkpoint"
            ) from None
        if _KEY not in metadata:
            raise SamuelError(
                f"{path}: a safetensors file, but not a samuel_gen checkpoint; name a "
                "model.safetensors that samuel-train wrote"
            )
        try:
            return cls._from_header(path, json.loads(metadata[_KEY]), weights)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SamuelError(
                f"{path}: its description is damaged ({type(error).__name__}: {error}); copy it "
                "again, or name another checkpoint"
            ) from None

    @classmethod
    def _from_header(
        cls, path: Path, header: Mapping[str, Any], weights: dict[str, Tensor]
    ) -> "Checkpoint":
        if header.get("format") != FORMAT:
            raise SamuelError(
                f"{path}: checkpoint format {header.get('format')}, written by samuel_gen "
                f"{_writer(header.get('provenance', {}))}; this version reads format {FORMAT}: "
                "install the version that wrote it, or train again"
            )
        strange = next((name for name in weights if not weights[name].is_floating_point()), None)
        if strange is not None:
            raise SamuelError(
                f"{path}: {strange} holds {weights[strange].dtype}, where weights are floating "
                "point; name another checkpoint"
            )
        return cls(
            weights=weights,
            config=dict(header["config"]),
            codec_identity=CodecIdentity.from_dict(header["codec_identity"]),
            vocal_normaliser=LatentNormaliser.from_dict(header["vocal_normaliser"]),
            accompaniment_normaliser=LatentNormaliser.from_dict(header["accompaniment_normaliser"]),
            provenance=header["provenance"],
        )


def _writer(provenance: Mapping[str, Any]) -> str:
    return str(provenance.get("samuel_gen", "of an unknown version"))
