"""Collects encoded songs and writes them to shards."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from samuel_gen.data.contents import LatentSong, Shard, digest_tensors
from samuel_gen.data.encode.shard_formats import ShardFormat
from samuel_gen.data.encode.song import EncodedSong
from samuel_gen.storage import write_atomically

SONGS_PER_SHARD = 32
SHARD_BYTES = 64 * 2**20  # a shard of at least this size takes no further song


class ShardWriter:
    """Writes shards, one split after another.

    Args:
        output: the data set's folder.
        shard_format: the format of the shards.
        existing: shards that are there already; they stay, and the new ones come after them.
    """

    def __init__(
        self, output: Path, shard_format: ShardFormat, existing: Sequence[Shard] = ()
    ) -> None:
        self.shards = list(existing)
        self._output = output
        self._format = shard_format
        self._split = ""
        self._number = 0
        self._songs: list[LatentSong] = []
        self._clear()

    def start(self, split: str) -> None:
        """Begin with the songs of a split."""
        self._split = split
        self._number = sum(shard.file.startswith(split) for shard in self.shards)
        self._songs = []

    def add(self, name: str, index: int, origin: str, song: EncodedSong) -> None:
        """Put a song into the current shard, and write the shard once it is full.

        Args:
            name: the song's name, unique in the data set.
            index: the number that the names of its tensors start with.
            origin: digest of everything that the encoded song depends on.
            song: the song.
        """
        self._waiting[index] = (name, origin, song)
        self._bytes += sum(values.nbytes for values in song.tensors.values())
        if len(self._waiting) == SONGS_PER_SHARD or self._bytes >= SHARD_BYTES:
            self._write()

    def finish(self) -> list[LatentSong]:
        """Write the last shard of the split, and return the split's songs."""
        if self._waiting:
            self._write()
        return self._songs

    def _clear(self) -> None:
        self._waiting: dict[int, tuple[str, str, EncodedSong]] = {}
        self._bytes = 0

    def _write(self) -> None:
        content, offsets = self._format.lay_out(
            {index: song for index, (_, _, song) in self._waiting.items()}
        )
        file = f"{self._split}-{self._number:05d}{self._format.suffix}"
        with write_atomically(self._output / file) as temporary:
            temporary.write_bytes(content)
        self.shards.append(Shard(file, len(content), hashlib.sha256(content).hexdigest()))
        for index, (name, origin, song) in self._waiting.items():
            sizes = {start: song.tensors[kind].nbytes for kind, start in offsets[index].items()}
            self._songs.append(
                LatentSong(
                    name=name,
                    split=self._split,
                    index=index,
                    frames=song.facts.frames,
                    shard=file,
                    tuning_cents=song.facts.tuning_cents,
                    offsets=offsets[index],
                    sha256=digest_tensors(content, sizes),
                    origin=origin,
                    vocal_content=song.facts.vocal_content,
                    accompaniment_content=song.facts.accompaniment_content,
                    style=song.facts.style,
                )
            )
        self._number += 1
        self._clear()
