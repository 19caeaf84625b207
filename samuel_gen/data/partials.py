"""Songs that are encoded but not yet in a shard: one file each, so that nothing is done twice."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float16
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, integrated_loudness, with_loudness
from samuel_gen.audio.melody import melody_track
from samuel_gen.audio.resample import resample, to_stereo
from samuel_gen.audio.vocal import check_vocal
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.shards import FORMAT_VERSION, TENSORS
from samuel_gen.data.sources import SongItem, Stems
from samuel_gen.errors import SamuelError

_HALF_LIMIT = 65_504.0  # the largest float16


@dataclass(frozen=True, eq=False)
class EncodedSong:
    """One song as it goes into a shard: rows are frames, so that a crop is one stretch of bytes."""

    vocal: Float16[Tensor, "frames channels"]
    accompaniment: Float16[Tensor, "frames channels"]
    melody: Float16[Tensor, "frames features"]
    tuning_cents: float
    metadata: dict[str, Any]

    @property
    def frames(self) -> int:
        """How many latent frames it has."""
        return self.vocal.shape[0]

    def save(self, path: Path) -> None:
        """Write the song; the file appears whole or not at all."""
        tensors = {kind: getattr(self, kind) for kind in TENSORS}
        about = {"tuning_cents": self.tuning_cents, "metadata": self.metadata}
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        partial.write_bytes(save(tensors, {"song": json.dumps(about, ensure_ascii=False)}))
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "EncodedSong | None":
        """The song that `save` wrote, or None where there is none that can be read."""
        try:
            with safe_open(path, framework="pt") as file:
                tensors = {kind: file.get_tensor(kind) for kind in TENSORS}
                about = json.loads(file.metadata()["song"])
        except (SafetensorError, OSError, KeyError, TypeError, ValueError):
            return None
        return cls(**tensors, **about)


def encode_song(item: SongItem, codec: LatentCodec) -> EncodedSong:
    """Load one song, bring both parts to REFERENCE_LOUDNESS, and encode them.

    Raises:
        SamuelError: the song cannot be loaded, its parts differ in length, or one is silent.
    """
    stems = item.load()
    if stems.vocal.shape[-1] != stems.accompaniment.shape[-1]:
        lengths = [x.shape[-1] for x in (stems.vocal, stems.accompaniment)]
        raise SamuelError(
            f"song {item.name!r}: vocal of {lengths[0]} and accompaniment of {lengths[1]} samples; "
            "expected equal lengths; export both from the same start to the same end"
        )
    vocal, accompaniment = _prepared(item.name, stems, codec.sample_rate)
    track = melody_track(vocal, codec.sample_rate, codec.hop_length)
    with torch.inference_mode():
        latents = {"vocal": codec.encode(vocal), "accompaniment": codec.encode(accompaniment)}
    for part, values in latents.items():
        if not float(values.abs().max()) <= _HALF_LIMIT:  # NaN fails too
            raise SamuelError(
                f"song {item.name!r}: the {part}'s latents are not finite in 16 bits; expected "
                "numbers below 65,504; is the recording damaged?"
            )
    rows = {kind: values.half().T.contiguous() for kind, values in latents.items()}
    melody = track.features.half().T.contiguous()
    return EncodedSong(
        **rows, melody=melody, tuning_cents=track.tuning_cents, metadata=stems.metadata
    )


def fingerprint(item: SongItem, codec: LatentCodec) -> str:
    """What an encoded song depends on, as a file name: the song, the codec and this format."""
    depends_on = [FORMAT_VERSION, REFERENCE_LOUDNESS, repr(item), codec.identity.to_dict()]
    return hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()[:32]


def _prepared(name: str, stems: Stems, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Both parts in stereo, at the codec's rate and at REFERENCE_LOUDNESS."""
    vocal, accompaniment = (
        resample(to_stereo(part), stems.sample_rate, sample_rate)
        for part in (stems.vocal, stems.accompaniment)
    )
    check_vocal(vocal, sample_rate, f"song {name!r}, vocal")
    if not torch.isfinite(accompaniment).all():
        raise SamuelError(
            f"song {name!r}, accompaniment: NaN or infinite samples; expected finite samples; "
            "export it again"
        )
    if integrated_loudness(accompaniment, sample_rate) == -float("inf"):
        raise SamuelError(
            f"song {name!r}, accompaniment: silent (below -70 LUFS); expected music; are these "
            "the right stems?"
        )
    return (
        with_loudness(vocal, sample_rate, REFERENCE_LOUDNESS),
        with_loudness(accompaniment, sample_rate, REFERENCE_LOUDNESS),
    )
