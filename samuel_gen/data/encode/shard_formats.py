"""How songs lie in a shard's bytes: as safetensors, or as a chunk that litdata streams."""

import json
import struct
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from safetensors.torch import save

from samuel_gen.data.encode.song import EncodedSong
from samuel_gen.data.shards import CHUNK, LatentSong, Shard, tensor_name
from samuel_gen.errors import SamuelError

FORMATS = ("safetensors", "litdata")
INDEX = "index.json"
_METADATA = "metadata"

Offsets = dict[int, dict[str, int]]


@runtime_checkable
class ShardFormat(Protocol):
    """What turns songs into a shard."""

    suffix: str

    def lay_out(self, songs: Mapping[int, EncodedSong]) -> tuple[bytes, Offsets]:
        """A shard's bytes, and for each song's number where its tensors begin in them."""

    def finish(self, folder: Path, songs: Sequence[LatentSong], shards: Sequence[Shard]) -> None:
        """Write what readers of this format need beside the shards and `dataset.json`."""


class SafetensorsFormat:
    """Song 7 is the tensors `7/vocal`, `7/accompaniment` and so on, side by side."""

    suffix = ".safetensors"

    def lay_out(self, songs: Mapping[int, EncodedSong]) -> tuple[bytes, Offsets]:
        """See `ShardFormat`."""
        tensors = {
            tensor_name(index, kind): values
            for index, song in songs.items()
            for kind, values in song.tensors.items()
        }
        about = {str(index): song.facts.metadata for index, song in songs.items()}
        # One key only: safetensors writes several in an order that changes between processes.
        # And not save_file, whose files are for their owner's eyes only.
        content = save(tensors, {"songs": json.dumps(about, ensure_ascii=False)})
        start = 8 + int.from_bytes(content[:8], "little")
        header = json.loads(content[8:start])
        return content, {
            index: {
                kind: start + header[tensor_name(index, kind)]["data_offsets"][0]
                for kind in sorted(song.tensors)
            }
            for index, song in songs.items()
        }

    def finish(self, folder: Path, songs: Sequence[LatentSong], shards: Sequence[Shard]) -> None:
        """Nothing: `dataset.json` says all."""


class LitdataFormat:
    """Each song is a record of arrays in a chunk of litdata's; its `index.json` names the chunks.

    Raises:
        SamuelError: litdata is not installed.
    """

    suffix = CHUNK

    def __init__(self) -> None:
        litdata()
        self._config: Mapping[str, Any] | None = None

    def lay_out(self, songs: Mapping[int, EncodedSong]) -> tuple[bytes, Offsets]:
        """See `ShardFormat`."""
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
        return content, dict(zip(songs, _record_offsets(content, songs.values()), strict=True))

    def finish(self, folder: Path, songs: Sequence[LatentSong], shards: Sequence[Shard]) -> None:
        """Write litdata's `index.json`: chunks in the order of `shards`."""
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
        # litdata takes this as the data set's date; the same songs shall give the same bytes.
        version = shards[-1].sha256[:16] + str(len(shards))
        index = {"chunks": chunks, "config": self._config, "updated_at": version}
        partial = folder / f".{INDEX}.partial"
        partial.write_text(json.dumps(index, sort_keys=True))
        partial.replace(folder / INDEX)


def shard_format(name: str) -> ShardFormat:
    """The format of this name.

    Raises:
        SamuelError: no such format, or what it needs is not installed.
    """
    if name not in FORMATS:
        raise SamuelError(f"format={name}; expected {' or '.join(FORMATS)}; choose one of them")
    return LitdataFormat() if name == "litdata" else SafetensorsFormat()


def litdata() -> Any:
    """The package litdata.

    Raises:
        SamuelError: it is not installed.
    """
    try:
        import litdata as package
    except ImportError as error:
        raise SamuelError(
            f"litdata cannot be imported ({error}); expected it for streaming; pip install "
            "'samuel-gen[cloud]'"
        ) from error
    return package


def _record_offsets(content: bytes, songs: Iterable[EncodedSong]) -> list[dict[str, int]]:
    """Where each record's arrays begin: behind the chunk's table, the sizes and their headers."""
    (count,) = struct.unpack_from("<I", content)
    starts = struct.unpack_from(f"<{count}I", content, 4)
    found = []
    for at, song in zip(starts, songs, strict=True):
        kinds = sorted(song.tensors)
        sizes = struct.unpack_from(f"<{len(kinds) + 1}I", content, at)
        at += 4 * len(sizes)
        offsets = {}
        for kind, size in zip(kinds, sizes, strict=False):
            offsets[kind] = at + size - song.tensors[kind].nbytes
            at += size
        found.append(offsets)
    return found
