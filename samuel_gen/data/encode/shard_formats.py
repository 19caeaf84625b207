"""Formats of a shard's bytes: safetensors, or a chunk that litdata streams."""

import json
import struct
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from safetensors.torch import save

from samuel_gen.data.contents import CHUNK_SUFFIX, LatentSong, Shard, tensor_name
from samuel_gen.data.encode.song import EncodedSong
from samuel_gen.errors import SamuelError
from samuel_gen.storage import write_atomically

FORMATS = ("safetensors", "litdata")
INDEX = "index.json"
_METADATA = "metadata"

Offsets = dict[int, dict[str, int]]


@runtime_checkable
class ShardFormat(Protocol):
    """The layout of songs in a shard."""

    suffix: str

    def lay_out(self, songs: Mapping[int, EncodedSong]) -> tuple[bytes, Offsets]:
        """Return a shard's bytes and, by song number, the position of each tensor in them."""

    def write_index(
        self, folder: Path, songs: Sequence[LatentSong], shards: Sequence[Shard]
    ) -> None:
        """Write the files that readers of this format need beside shards and `dataset.json`."""


class SafetensorsFormat:
    """Safetensors files: song 7 is the tensors `7/vocal`, `7/accompaniment` and so on."""

    suffix = ".safetensors"

    def lay_out(self, songs: Mapping[int, EncodedSong]) -> tuple[bytes, Offsets]:
        """Return a shard's bytes and, by song number, the position of each tensor in them."""
        tensors = {
            tensor_name(index, kind): values
            for index, song in songs.items()
            for kind, values in song.tensors.items()
        }
        metadata = {str(index): song.facts.metadata for index, song in songs.items()}
        # One key only: safetensors writes several in an order that changes between processes.
        # Bytes instead of save_file, which makes files that only their owner can read.
        content = save(tensors, {"songs": json.dumps(metadata, ensure_ascii=False)})
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        return content, {
            index: {
                kind: start + header[tensor_name(index, kind)]["data_offsets"][0]
                for kind in sorted(song.tensors)
            }
            for index, song in songs.items()
        }

    def write_index(
        self, folder: Path, songs: Sequence[LatentSong], shards: Sequence[Shard]
    ) -> None:
        """Write nothing: `dataset.json` is enough."""


class LitdataFormat:
    """Chunks of litdata: each song is a record of arrays, and `index.json` names the chunks.

    Raises:
        SamuelError: litdata is not installed.
    """

    suffix = CHUNK_SUFFIX

    def __init__(self) -> None:
        import_litdata()
        self._config: Mapping[str, Any] | None = None

    def lay_out(self, songs: Mapping[int, EncodedSong]) -> tuple[bytes, Offsets]:
        """Return a chunk's bytes and, by song number, the position of each array in them."""
        from litdata.streaming.writer import BinaryWriter

        with tempfile.TemporaryDirectory() as folder:
            writer = BinaryWriter(folder, chunk_size=len(songs))
            for number, song in enumerate(songs.values()):
                metadata = json.dumps(song.facts.metadata, ensure_ascii=False).encode()
                record = {kind: song.tensors[kind].numpy() for kind in sorted(song.tensors)}
                writer[number] = {**record, _METADATA: np.frombuffer(metadata, np.uint8)}
            (chunk,) = writer.done()
            self._config = writer.get_config()
            content = Path(chunk).read_bytes()
        return content, dict(zip(songs, _find_record_offsets(content, songs.values()), strict=True))

    def write_index(
        self, folder: Path, songs: Sequence[LatentSong], shards: Sequence[Shard]
    ) -> None:
        """Write litdata's `index.json`, with the chunks in the order of `shards`."""
        if self._config is None:  # no song was added
            return
        chunks = [
            {
                "filename": shard.file,
                "chunk_size": sum(song.shard == shard.file for song in songs),
                "chunk_bytes": shard.bytes,
                "dim": None,
            }
            for shard in shards
        ]
        # litdata puts a date here; a digest makes the same songs give the same bytes.
        version = shards[-1].sha256[:16] + str(len(shards))
        index = {"chunks": chunks, "config": self._config, "updated_at": version}
        with write_atomically(folder / INDEX) as file:
            file.write_text(json.dumps(index, sort_keys=True))


def get_shard_format(name: str) -> ShardFormat:
    """Return the format with this name.

    Raises:
        SamuelError: there is no such format, or a package that it needs is not installed.
    """
    if name not in FORMATS:
        raise SamuelError(f"format={name}: no such format; use {' or '.join(FORMATS)}")
    return LitdataFormat() if name == "litdata" else SafetensorsFormat()


def import_litdata() -> Any:
    """Import the package litdata.

    Raises:
        SamuelError: it is not installed.
    """
    try:
        import litdata as package
    except ImportError as error:
        raise SamuelError(
            f"streaming needs litdata, which cannot be imported ({error}); pip install "
            "'samuel-gen[cloud]'"
        ) from error
    return package


def _find_record_offsets(content: bytes, songs: Iterable[EncodedSong]) -> list[dict[str, int]]:
    """Find the position of each record's arrays in a chunk.

    A chunk starts with the number of records and their positions. A record is the sizes of its
    arrays, then the arrays, each behind a header.
    """
    (count,) = struct.unpack_from("<I", content)
    starts = struct.unpack_from(f"<{count}I", content, 4)
    records = []
    for position, song in zip(starts, songs, strict=True):
        kinds = sorted(song.tensors)
        sizes = struct.unpack_from(f"<{len(kinds) + 1}I", content, position)
        position += 4 * len(sizes)
        offsets = {}
        for kind, size in zip(kinds, sizes, strict=False):
            offsets[kind] = position + size - song.tensors[kind].nbytes
            position += size
        records.append(offsets)
    return records
