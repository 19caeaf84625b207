"""A latent data set on disk, open for reading: shards of songs and their `dataset.json`."""

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
from numpy.typing import NDArray
from safetensors import SafetensorError

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.contents import CHUNK_SUFFIX, LatentSegment, LatentSong, Shard, vocal_tensor
from samuel_gen.data.description import DESCRIPTION, read_description, write_description
from samuel_gen.data.splitting import SPLITS
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.frames import BEAT_FEATURES, CHORD_FEATURES
from samuel_gen.storage import open_tensors

_MOST_OPEN_FILES = 128  # shards that one process keeps open
_REMEDY = "copy the data set again or encode again with overwrite=true"


@dataclass(frozen=True, eq=False)
class LatentDataset:
    """A finished data set. It takes little memory: latents stay on disk until they are read.

    Attributes:
        path: the data set's folder.
        codec_identity: the codec that made the latents.
        vocal_normaliser, accompaniment_normaliser: fitted on the training split only.
        loudness_lufs: the loudness to which both parts were brought before encoding, in LUFS.
        melody_names: the names of the melody track's columns.
        augmentations: name, version and settings of the augmentation behind `vocal.1`, `vocal.2`
            and so on.
        songs: all songs, by their index.
        shards: the files that hold them.
    """

    path: Path
    codec_identity: CodecIdentity
    vocal_normaliser: LatentNormaliser
    accompaniment_normaliser: LatentNormaliser
    loudness_lufs: float
    melody_names: tuple[str, ...]
    augmentations: tuple[Mapping[str, Any], ...]
    songs: tuple[LatentSong, ...]
    shards: tuple[Shard, ...]

    @classmethod
    def open(cls, path: str | Path, check_shards: bool = True) -> "LatentDataset":
        """Open the data set in a folder. No shard is read.

        Args:
            path: the folder.
            check_shards: refuse the data set if a shard is missing or has the wrong size.

        Raises:
            SamuelError: there is no finished data set, or it is damaged, incomplete or of an
                unknown version.
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
                augmentations=tuple(dict(each) for each in description["augmentations"]),
                songs=tuple(LatentSong(**song) for song in description["songs"]),
                shards=tuple(Shard(**shard) for shard in description["shards"]),
            )
        except (KeyError, TypeError, ValueError, SamuelError) as error:
            raise SamuelError(
                f"{path / DESCRIPTION}: a part is missing or wrong ({error}); encode again with "
                "overwrite=true"
            ) from error
        if check_shards:
            dataset._check_sizes()
        return dataset

    def _check_sizes(self) -> None:
        for shard in self.shards:
            file = self.path / shard.file
            size = file.stat().st_size if file.exists() else None
            if size != shard.bytes:
                found = "missing" if size is None else f"{size} bytes instead of {shard.bytes}"
                raise SamuelError(f"{file}: {found}; {_REMEDY}")

    def split(self, name: str) -> tuple[LatentSong, ...]:
        """Return the songs of "train", "validation" or "test"."""
        if name not in SPLITS:
            raise ValueError(f"{name!r} is none of {SPLITS}")
        return tuple(song for song in self.songs if song.split == name)

    def read(
        self, song: LatentSong, start: int = 0, stop: int | None = None, version: int = 0
    ) -> LatentSegment:
        """Read frames `start` up to, not including, `stop`.

        Args:
            song: one of `songs`.
            start, stop: latent frames within the song; None is the end of the song.
            version: the version of the vocal, from 0 (the original) to `song.versions - 1`.
        """
        stop = song.frames if stop is None else stop
        vocal, accompaniment, melody, activity = (
            torch.from_numpy(self.read_rows(song, tensor, start, stop)).float().T.contiguous()
            for tensor in (vocal_tensor(version), "accompaniment", "melody", "activity")
        )
        return LatentSegment(vocal, accompaniment, melody, activity[0])

    def read_rows(
        self, song: LatentSong, tensor: str, start: int, stop: int
    ) -> NDArray[np.float16]:
        """Read rows `start` up to, not including, `stop` of one of a song's tensors, as stored."""
        rows = np.empty((stop - start, self.width(tensor)), np.float16)
        self.fill_rows(song, tensor, start, rows)
        return rows

    def fill_rows(
        self, song: LatentSong, tensor: str, start: int, rows: NDArray[np.float16]
    ) -> None:
        """Fill `rows`, of shape (frames, width), with the stored rows from `start` on.

        The file is read, not mapped: pages of a mapped file would count as memory of the process
        for as long as the file is open.
        """
        path = self.path / song.shard
        try:
            file = _open_shard(self.path, song.shard, os.getpid(), get_ident())
            file.seek(song.offsets[tensor] + 2 * rows.shape[1] * start)
            count = file.readinto(rows.data)
        except OSError as error:
            raise SamuelError(f"{path}: cannot be read ({error.strerror}); {_REMEDY}") from error
        if count != rows.nbytes:
            raise SamuelError(f"{path}: the file ends within song {song.name!r}; {_REMEDY}")

    def read_metadata(self, song: LatentSong) -> dict[str, Any]:
        """Read the metadata that the source gave with the song, for example its score."""
        path = self.path / song.shard
        if path.suffix == CHUNK_SUFFIX:
            return self._read_chunk_metadata(song)
        try:
            with open_tensors(path) as file:
                return dict(json.loads(file.metadata()["songs"])[str(song.index)])
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise SamuelError(f"{path}: its header cannot be read ({error}); {_REMEDY}") from error

    def _read_chunk_metadata(self, song: LatentSong) -> dict[str, Any]:
        """Read the JSON behind the last of a record's tensors; the next record comes after it."""
        starts = [
            start
            for other in self.songs
            if other.shard == song.shard
            for start in other.offsets.values()
        ]
        last = max(song.offsets, key=song.offsets.__getitem__)
        start = song.offsets[last] + 2 * self.width(last) * song.frames
        stop = min((other for other in starts if other > start), default=None)
        path = self.path / song.shard
        try:
            with path.open("rb") as file:
                file.seek(start)
                text = file.read(-1 if stop is None else stop - start).decode("utf-8", "ignore")
            return dict(json.JSONDecoder().raw_decode(text)[0])
        except (OSError, ValueError, TypeError) as error:
            raise SamuelError(
                f"{path}: the metadata of song {song.name!r} cannot be read ({error}); {_REMEDY}"
            ) from error

    def save(self) -> None:
        """Write `dataset.json`, completely or not at all; with it the data set is finished."""
        parts = {
            "codec": self.codec_identity.to_dict(),
            "loudness_lufs": self.loudness_lufs,
            "normalisers": {
                "vocal": self.vocal_normaliser.to_dict(),
                "accompaniment": self.accompaniment_normaliser.to_dict(),
            },
            "melody_features": list(self.melody_names),
            "augmentations": [dict(augmentation) for augmentation in self.augmentations],
            "songs": [asdict(song) for song in self.songs],
            "shards": [asdict(shard) for shard in self.shards],
        }
        write_description(self.path, parts)

    def width(self, tensor: str) -> int:
        """Return the number of values per frame of a tensor."""
        widths = {"melody": len(self.melody_names), "activity": 1}
        widths |= {"chords": CHORD_FEATURES, "beats": BEAT_FEATURES}
        return widths.get(tensor, self.codec_identity.channels)


@lru_cache(maxsize=_MOST_OPEN_FILES)
def _open_shard(folder: Path, shard: str, process: int, thread: int) -> FileIO:
    """Open a shard once per process and thread, since an open file has one position."""
    return open(folder / shard, "rb", buffering=0)
