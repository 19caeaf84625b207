"""A latent data set on disk: shards of songs and the `dataset.json` that says what they hold."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import FileIO
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.description import DESCRIPTION, read_description, write_description
from samuel_gen.data.splitting import SPLITS
from samuel_gen.errors import SamuelError

TENSORS = ("vocal", "accompaniment", "melody", "activity")
CHUNK = ".bin"  # a shard that litdata can stream ends like this
_OPEN_SHARDS = 128  # files that one process keeps open


@dataclass(frozen=True, eq=False)
class LatentSlice:
    """Some frames of one song.

    `activity` is how much of each frame is sung, 0..1.
    """

    vocal: Float[Tensor, "channels frames"]
    accompaniment: Float[Tensor, "channels frames"]
    melody: Float[Tensor, "features frames"]
    activity: Float[Tensor, " frames"]

    @property
    def frames(self) -> int:
        """How many there are."""
        return self.vocal.shape[-1]


@dataclass(frozen=True)
class LatentSong:
    """Where a song lies and what is known of it without reading it.

    Args:
        name: unique in the data set.
        split: "train", "validation" or "test".
        index: the number in its tensors' names.
        frames: its length in latent frames.
        shard: the file that holds it.
        tuning_cents: how far the vocal's semitones lie above those of A = 440 Hz.
        offsets: where in the file each of its tensors begins, in bytes.
        sha256: checksum of its tensors, one after another as they lie in the file.
        origin: what it was encoded from, as a digest.
        vocal_content, accompaniment_content: digests of the audio itself.
    """

    name: str
    split: str
    index: int
    frames: int
    shard: str
    tuning_cents: float
    offsets: Mapping[str, int]
    sha256: str
    origin: str
    vocal_content: str
    accompaniment_content: str

    @property
    def versions(self) -> int:
        """Encodings of the voice: 1, and one more for each augmented version."""
        return sum(tensor.partition(".")[0] == "vocal" for tensor in self.offsets)


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
    loudness_lufs: float
    melody_names: tuple[str, ...]
    augmentations: tuple[str, ...]
    songs: tuple[LatentSong, ...]
    shards: tuple[Shard, ...]

    @classmethod
    def open(cls, path: str | Path, whole: bool = True) -> "LatentDataset":
        """The data set in a folder; its shards are looked at, not read.

        Args:
            path: the folder.
            whole: refuse it where a shard is missing or has another size.

        Raises:
            SamuelError: no finished data set, one of another version, or one that is damaged or
                has parts missing.
        """
        path = Path(path)
        description = read_description(path)
        try:
            normalisers = description["normalisers"]
            dataset = cls(
                path=path,
                codec_identity=CodecIdentity.from_dict(description["codec"]),
                vocal_normaliser=LatentNormaliser.from_dict(normalisers["vocal"]),
                accompaniment_normaliser=LatentNormaliser.from_dict(normalisers["accompaniment"]),
                loudness_lufs=description["loudness_lufs"],
                melody_names=tuple(description["melody_features"]),
                augmentations=tuple(description["augmentations"]),
                songs=tuple(LatentSong(**song) for song in description["songs"]),
                shards=tuple(Shard(**shard) for shard in description["shards"]),
            )
        except (KeyError, TypeError, SamuelError) as error:
            raise SamuelError(
                f"{path / DESCRIPTION}: {error} is missing or wrong; expected what "
                "samuel-encode wrote; encode again with overwrite=true"
            ) from error
        for shard in dataset.shards if whole else ():
            file = path / shard.file
            size = file.stat().st_size if file.exists() else None
            if size != shard.bytes:
                found = "missing" if size is None else f"{size} bytes"
                raise SamuelError(
                    f"{file}: {found}; expected {shard.bytes} bytes; copy the data set again or "
                    "encode again with overwrite=true"
                )
        return dataset

    def split(self, name: str) -> tuple[LatentSong, ...]:
        """The songs of "train", "validation" or "test"."""
        if name not in SPLITS:
            raise ValueError(f"{name!r} is none of {SPLITS}")
        return tuple(song for song in self.songs if song.split == name)

    def read(
        self, song: LatentSong, start: int = 0, stop: int | None = None, version: int = 0
    ) -> LatentSlice:
        """Frames `start` up to, not including, `stop`, as the codec gave them (not normalised).

        Args:
            song: one of `songs`.
            start, stop: in latent frames, within the song.
            version: of the voice, from 0 (as it was sung) to `song.versions - 1`.
        """
        stop = song.frames if stop is None else stop
        vocal, accompaniment, melody, activity = (
            torch.from_numpy(self.rows(song, tensor, start, stop)).float().T.contiguous()
            for tensor in (vocal_tensor(version), "accompaniment", "melody", "activity")
        )
        return LatentSlice(vocal, accompaniment, melody, activity[0])

    def rows(self, song: LatentSong, tensor: str, start: int, stop: int) -> NDArray[np.float16]:
        """Rows `start` up to, not including, `stop` of one of a song's tensors, as stored."""
        rows = np.empty((stop - start, self.width(tensor)), np.float16)
        self.read_rows(song, tensor, start, rows)
        return rows

    def read_rows(
        self, song: LatentSong, tensor: str, start: int, rows: NDArray[np.float16]
    ) -> None:
        """Fill `rows`, (frames, width), with the stored rows from `start` on.

        They are read, not mapped: pages of a mapped file would count as the process's own for as
        long as the file is open.
        """
        try:
            file = _opened(self.path, song.shard, os.getpid(), get_ident())
            file.seek(song.offsets[tensor] + 2 * rows.shape[1] * start)
            count = file.readinto(rows.data)
        except OSError as error:
            raise SamuelError(
                f"{self.path / song.shard}: cannot be read ({error.strerror}); expected a shard of "
                "latents; copy the data set again or encode again with overwrite=true"
            ) from error
        if count != rows.nbytes:
            raise SamuelError(
                f"{self.path / song.shard}: ends within {song.name!r}; expected {song.frames} "
                "frames of it; copy the data set again or encode again with overwrite=true"
            )

    def metadata(self, song: LatentSong) -> dict[str, Any]:
        """What the source knew of the song, for example its score."""
        path = self.path / song.shard
        if path.suffix == CHUNK:
            return self._chunk_metadata(song)
        try:
            with safe_open(path, framework="pt") as file:
                return dict(json.loads(file.metadata()["songs"])[str(song.index)])
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise SamuelError(
                f"{path}: its header cannot be read ({error}); expected a shard of latents; copy "
                "the data set again or encode again with overwrite=true"
            ) from error

    def _chunk_metadata(self, song: LatentSong) -> dict[str, Any]:
        """JSON behind the last of a record's tensors; the next record follows somewhere."""
        begins = [
            at for other in self.songs if other.shard == song.shard for at in other.offsets.values()
        ]
        last = max(song.offsets, key=song.offsets.__getitem__)
        start = song.offsets[last] + 2 * self.width(last) * song.frames
        stop = min((at for at in begins if at > start), default=None)
        path = self.path / song.shard
        try:
            with path.open("rb") as file:
                file.seek(start)
                text = file.read(-1 if stop is None else stop - start).decode("utf-8", "ignore")
            return dict(json.JSONDecoder().raw_decode(text)[0])
        except (OSError, ValueError, TypeError) as error:
            raise SamuelError(
                f"{path}: what is known of {song.name!r} cannot be read ({error}); expected a "
                "chunk of latents; copy the data set again or encode again with overwrite=true"
            ) from error

    def save(self) -> None:
        """Write the description, by which the data set becomes whole; all of it or nothing."""
        parts = {
            "codec": self.codec_identity.to_dict(),
            "loudness_lufs": self.loudness_lufs,
            "normalisers": {
                "vocal": self.vocal_normaliser.to_dict(),
                "accompaniment": self.accompaniment_normaliser.to_dict(),
            },
            "melody_features": list(self.melody_names),
            "augmentations": list(self.augmentations),
            "songs": [asdict(song) for song in self.songs],
            "shards": [asdict(shard) for shard in self.shards],
        }
        write_description(self.path, parts)

    def width(self, tensor: str) -> int:
        """Numbers per frame of a tensor."""
        if tensor == "melody":
            return len(self.melody_names)
        return 1 if tensor == "activity" else self.codec_identity.channels


def tensors_digest(content: bytes, sizes: Mapping[int, int]) -> str:
    """SHA-256 of a song's tensors, one after another as they lie in their shard.

    Args:
        content: the shard's bytes.
        sizes: by where each tensor begins, how many bytes it has.
    """
    digest = hashlib.sha256()
    for at in sorted(sizes):
        digest.update(content[at : at + sizes[at]])
    return digest.hexdigest()


def vocal_tensor(version: int) -> str:
    """The tensor that holds this version of the voice."""
    return f"vocal.{version}" if version else "vocal"


def tensor_name(index: int, tensor: str) -> str:
    """The name of a song's tensor inside a shard."""
    return f"{index}/{tensor}"


@lru_cache(maxsize=_OPEN_SHARDS)
def _opened(folder: Path, shard: str, process: int, thread: int) -> FileIO:
    """An open shard, one for each process and thread, since an open file has one position."""
    return open(folder / shard, "rb", buffering=0)
