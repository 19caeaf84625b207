"""A latent data set on disk: shards of songs and the `dataset.json` that says what they hold."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from torch import Tensor

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.splitting import SPLITS
from samuel_gen.errors import SamuelError

FORMAT_VERSION = 1
TENSORS = ("vocal", "accompaniment", "melody")
_OPEN_SHARDS = 32  # memory-mapped files that one process keeps open


@dataclass(frozen=True, eq=False)
class LatentSlice:
    """Some frames of one song.

    `melody_given` is False where the data set knows no melody (then it is zeros).
    """

    vocal: Float[Tensor, "channels frames"]
    accompaniment: Float[Tensor, "channels frames"]
    melody: Float[Tensor, "features frames"]
    melody_given: bool = True

    @property
    def frames(self) -> int:
        """How many there are."""
        return self.vocal.shape[-1]


@dataclass(frozen=True)
class LatentSong:
    """Where a song lies and what is known of it without reading it.

    `tuning_cents` is how far the vocal's semitones lie above those of A = 440 Hz.
    """

    name: str
    split: str
    index: int
    frames: int
    shard: str
    tuning_cents: float


@dataclass(frozen=True)
class Shard:
    """A file of songs, its size in bytes and its SHA-256."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True, eq=False)
class LatentDataset:
    """A finished data set, open for reading. Small: the latents stay on disk until they are read.

    The normalisers were fitted on the training split only.
    """

    path: Path
    codec_identity: CodecIdentity
    vocal_normaliser: LatentNormaliser
    accompaniment_normaliser: LatentNormaliser
    melody_names: tuple[str, ...]
    songs: tuple[LatentSong, ...]
    shards: tuple[Shard, ...]

    @classmethod
    def open(cls, path: str | Path) -> "LatentDataset":
        """The data set in a folder; its shards are looked at, not read.

        Raises:
            SamuelError: no finished data set, one of another version, or one with parts missing.
        """
        path = Path(path)
        description = _description(path)
        try:
            dataset = cls(
                path=path,
                codec_identity=CodecIdentity.from_dict(description["codec"]),
                vocal_normaliser=LatentNormaliser.from_dict(description["normalisers"]["vocal"]),
                accompaniment_normaliser=LatentNormaliser.from_dict(
                    description["normalisers"]["accompaniment"]
                ),
                melody_names=tuple(description["melody_features"]),
                songs=tuple(LatentSong(**song) for song in description["songs"]),
                shards=tuple(Shard(**shard) for shard in description["shards"]),
            )
        except (KeyError, TypeError, SamuelError) as error:
            raise SamuelError(
                f"{path / 'dataset.json'}: {error} is missing or wrong; expected what "
                "samuel-encode wrote; encode again with --overwrite"
            ) from error
        for shard in dataset.shards:
            file = path / shard.file
            size = file.stat().st_size if file.exists() else None
            if size != shard.bytes:
                found = "missing" if size is None else f"{size} bytes"
                raise SamuelError(
                    f"{file}: {found}; expected {shard.bytes} bytes; copy the data set again or "
                    "encode again with --overwrite"
                )
        return dataset

    def split(self, name: str) -> tuple[LatentSong, ...]:
        """The songs of "train", "validation" or "test"."""
        if name not in SPLITS:
            raise ValueError(f"{name!r} is none of {SPLITS}")
        return tuple(song for song in self.songs if song.split == name)

    def read(self, song: LatentSong, start: int = 0, stop: int | None = None) -> LatentSlice:
        """Frames `start` up to, not including, `stop`, as the codec gave them (not normalised)."""
        shard = self._shard(song)
        vocal, accompaniment, melody = (
            shard.get_slice(tensor_name(song.index, kind))[start:stop].float().T.contiguous()
            for kind in TENSORS
        )
        return LatentSlice(vocal, accompaniment, melody)

    def metadata(self, song: LatentSong) -> dict[str, Any]:
        """What the source knew of the song, for example its score."""
        header = self._shard(song).metadata()
        return dict(json.loads(header["songs"])[str(song.index)])

    def verify(self) -> None:
        """Read every shard and compare its checksum.

        Raises:
            SamuelError: a shard is not what was written.
        """
        for shard in self.shards:
            found = sha256(self.path / shard.file)
            if found != shard.sha256:
                raise SamuelError(
                    f"{self.path / shard.file}: SHA-256 {found[:12]}...; expected "
                    f"{shard.sha256[:12]}...; copy the data set again or encode again with "
                    "--overwrite"
                )

    def _shard(self, song: LatentSong) -> Any:
        try:
            checksum = next(shard.sha256 for shard in self.shards if shard.file == song.shard)
            return _opened(self.path / song.shard, checksum)
        except (SafetensorError, OSError) as error:
            raise SamuelError(
                f"{self.path / song.shard}: cannot be read ({error}); expected a shard of latents; "
                "copy the data set again or encode again with --overwrite"
            ) from error


def tensor_name(index: int, kind: str) -> str:
    """The name of a song's tensor inside a shard."""
    return f"{index}/{kind}"


def sha256(path: Path) -> str:
    """The checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=_OPEN_SHARDS)
def _opened(path: Path, checksum: str) -> Any:
    """A memory-mapped shard; the checksum tells a rewritten file from the one opened before."""
    return safe_open(path, framework="pt")


def _description(path: Path) -> dict[str, Any]:
    file = path / "dataset.json"
    if not file.exists():
        found = "no dataset.json in it" if path.is_dir() else "no such folder"
        raise SamuelError(
            f"{path}: {found}; expected a finished data set; make one with samuel-encode "
            f"output={path}"
        )
    try:
        description = json.loads(file.read_text("utf-8"))
        version = description["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise SamuelError(
            f"{file}: not a description of latents ({error}); expected what samuel-encode wrote; "
            "encode again with --overwrite"
        ) from error
    if version != FORMAT_VERSION:
        raise SamuelError(
            f"{file}: version {version}; expected {FORMAT_VERSION}; encode again with --overwrite, "
            "or use the version of samuel_gen that wrote it"
        )
    return dict(description)
