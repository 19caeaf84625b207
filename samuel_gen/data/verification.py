"""Verification of a data set: every byte is compared with its checksum."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samuel_gen.data.contents import LatentSong, digest_tensors
from samuel_gen.data.shards import LatentDataset


@dataclass(frozen=True)
class Damage:
    """A damaged part of a data set.

    Attributes:
        file: the damaged file.
        song: the song with changed bytes; None if the damage lies outside the songs.
        found: the kind of damage, in words.
    """

    file: Path
    song: str | None
    found: str


def find_damage(path: str | Path, on_read: Callable[[int], None] = lambda _: None) -> list[Damage]:
    """Find all damage in a data set; an empty list means that every byte is as it was written.

    Args:
        path: the data set's folder.
        on_read: called after each shard with its size in bytes.

    Raises:
        SamuelError: there is no data set, or its description is damaged, so that the shards
            cannot be checked.
    """
    path = Path(path)
    dataset = LatentDataset.open(path, check_shards=False)
    damage: list[Damage] = []
    for shard in dataset.shards:
        file = path / shard.file
        content = file.read_bytes() if file.exists() else None
        if content is None:
            damage.append(Damage(file, None, "missing"))
        elif len(content) != shard.bytes:
            found = f"{len(content)} bytes instead of {shard.bytes}"
            damage.append(Damage(file, None, found))
        elif hashlib.sha256(content).hexdigest() != shard.sha256:
            songs = [song for song in dataset.songs if song.shard == shard.file]
            broken = [song for song in songs if not _is_intact(dataset, song, content)]
            damage += [Damage(file, song.name, "its bytes have changed") for song in broken]
            if not broken:
                damage.append(Damage(file, None, "bytes of the header have changed"))
        on_read(shard.bytes)
    return damage


def _is_intact(dataset: LatentDataset, song: LatentSong, content: bytes) -> bool:
    sizes = {start: 2 * dataset.width(kind) * song.frames for kind, start in song.offsets.items()}
    return digest_tensors(content, sizes) == song.sha256
