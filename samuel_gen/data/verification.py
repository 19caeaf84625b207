"""Is every byte of a data set what was written?"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samuel_gen.data.shards import LatentDataset, LatentSong, tensors_digest


@dataclass(frozen=True)
class Damage:
    """A file that is not what was written, and the song in which it differs (None: elsewhere)."""

    file: Path
    song: str | None
    found: str


def damages(path: str | Path, read: Callable[[int], None] = lambda _: None) -> list[Damage]:
    """All damage in a data set; an empty list says that every byte is as it was written.

    Args:
        path: the data set's folder.
        read: called with the number of bytes of each shard that has been read.

    Raises:
        SamuelError: there is no data set, or its description is damaged, so that nothing can be
            said of the rest.
    """
    path = Path(path)
    dataset = LatentDataset.open(path, whole=False)
    found: list[Damage] = []
    for shard in dataset.shards:
        file = path / shard.file
        content = file.read_bytes() if file.exists() else None
        if content is None:
            found.append(Damage(file, None, "missing"))
        elif len(content) != shard.bytes:
            found.append(Damage(file, None, f"{len(content)} bytes, expected {shard.bytes}"))
        elif hashlib.sha256(content).hexdigest() != shard.sha256:
            songs = [song for song in dataset.songs if song.shard == shard.file]
            broken = [song for song in songs if not _is_whole(dataset, song, content)]
            found += [Damage(file, song.name, "other bytes than written") for song in broken]
            if not broken:
                found.append(Damage(file, None, "other bytes than written in its header"))
        read(shard.bytes)
    return found


def _is_whole(dataset: LatentDataset, song: LatentSong, content: bytes) -> bool:
    sizes = {at: 2 * dataset.width(kind) * song.frames for kind, at in song.offsets.items()}
    return tensors_digest(content, sizes) == song.sha256
