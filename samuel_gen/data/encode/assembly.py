"""From encoded songs to a finished data set: splits, shards, normalisers, `dataset.json`."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from samuel_gen.analysis.melody import MELODY_NAMES
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.encode.shard_formats import SafetensorsFormat, ShardFormat
from samuel_gen.data.encode.song import EncodedSong, SongFacts
from samuel_gen.data.moments import ChannelMoments
from samuel_gen.data.shards import LatentDataset, LatentSong, Shard, tensors_digest
from samuel_gen.data.splitting import SPLITS, SplitSong, split_by_content
from samuel_gen.errors import SamuelError

SONGS_PER_SHARD = 32
SHARD_BYTES = 64 * 2**20  # a shard that has grown to this takes no further song


Found = TypeVar("Found")


@dataclass(frozen=True)
class EncodedFile:
    """A song that lies encoded in a file of its own, and the split its source asks for."""

    name: str
    split: str | None
    origin: str
    path: Path

    def facts(self) -> SongFacts:
        """What is known of the song.

        Raises:
            SamuelError: the file cannot be read.
        """
        return self._there(SongFacts.load(self.path))

    def song(self) -> EncodedSong:
        """The song itself.

        Raises:
            SamuelError: the file cannot be read.
        """
        return self._there(EncodedSong.load(self.path))

    def _there(self, found: Found | None) -> Found:
        if found is None:
            raise SamuelError(
                f"{self.path}: cannot be read; expected the encoded song {self.name!r}; delete it "
                "and start again"
            )
        return found


def assemble(
    files: Sequence[EncodedFile],
    identity: CodecIdentity,
    output: Path,
    shares: Sequence[float],
    augmentations: Sequence[str] = (),
    known: LatentDataset | None = None,
    layout: ShardFormat | None = None,
) -> tuple[LatentDataset, list[tuple[str, str]]]:
    """Write the shards and, last of all, `dataset.json`.

    One shard's songs are in memory at a time; the same files give the same bytes.

    Args:
        files: the songs, in the order they shall have.
        identity: of the codec that encoded them.
        output: the data set's folder.
        shares: of the training, validation and test split.
        augmentations: what made the further versions of the voices.
        known: a data set in that folder to which the songs are added. Its songs stay where they
            are, and so do its normalisers, since models were trained with them.
        layout: of the shards; safetensors where none is given.

    Returns:
        The data set, and the songs that could not be taken in with the reasons.

    Raises:
        SamuelError: no song for training.
    """
    layout = layout or SafetensorsFormat()
    old = known.songs if known else ()
    wishes = [
        SplitSong(song.name, song.vocal_content, song.accompaniment_content, settled=song.split)
        for song in old
    ]
    for file in files:
        facts = file.facts()
        wishes.append(
            SplitSong(file.name, facts.vocal_content, facts.accompaniment_content, file.split)
        )
    splits = split_by_content(wishes, shares)[len(old) :]
    if not old and "train" not in splits:
        raise SamuelError(
            f"{output}: no song for training among {len(files)}; expected at least one; add songs"
        )
    skipped = [
        (
            file.name,
            f"song {file.name!r}: shares its name or audio with songs of several splits; expected "
            "songs of one; encode everything anew to take it in",
        )
        for file, split in zip(files, splits, strict=True)
        if split is None
    ]
    names = _unique([song.name for song in old], [file.name for file in files])
    first = max((song.index for song in old), default=-1) + 1
    moments = {kind: ChannelMoments(identity.channels) for kind in ("vocal", "accompaniment")}
    songs: dict[int, LatentSong] = {}
    shards = list(known.shards) if known else []
    for split in SPLITS:
        number = sum(shard.file.startswith(split) for shard in shards)
        writer = _ShardWriter(output, split, number, layout)
        for at in [at for at, own in enumerate(splits) if own == split]:
            song = files[at].song()
            if split == "train":
                for kind, seen in moments.items():
                    seen.add(song.tensors[kind].T)
            writer.add(names[at], first + at, files[at].origin, song)
        for shard, members in writer.finished():
            shards.append(shard)
            songs |= {song.index: song for song in members}
    if known:
        normalisers = {
            "vocal": known.vocal_normaliser,
            "accompaniment": known.accompaniment_normaliser,
        }
    else:
        normalisers = {
            kind: LatentNormaliser.fit(seen.mean.float(), seen.std.float())
            for kind, seen in moments.items()
        }
    dataset = LatentDataset(
        path=output,
        codec_identity=identity,
        vocal_normaliser=normalisers["vocal"],
        accompaniment_normaliser=normalisers["accompaniment"],
        loudness_lufs=REFERENCE_LOUDNESS,
        melody_names=MELODY_NAMES,
        augmentations=tuple(augmentations),
        songs=(*old, *(songs[index] for index in sorted(songs))),
        shards=tuple(shards),
    )
    layout.finish(output, dataset.songs, dataset.shards)
    dataset.save()
    return dataset, skipped


class _ShardWriter:
    """Fills shards of one split, one after another."""

    def __init__(self, output: Path, split: str, first: int, layout: ShardFormat) -> None:
        self.output = output
        self.split = split
        self.number = first
        self.layout = layout
        self.done: list[tuple[Shard, list[LatentSong]]] = []
        self._clear()

    def _clear(self) -> None:
        self.waiting: dict[int, tuple[str, str, EncodedSong]] = {}
        self.bytes = 0

    def add(self, name: str, index: int, origin: str, song: EncodedSong) -> None:
        """Put a song into the shard at hand, and write that where it is full."""
        self.waiting[index] = (name, origin, song)
        self.bytes += sum(values.nbytes for values in song.tensors.values())
        if len(self.waiting) == SONGS_PER_SHARD or self.bytes >= SHARD_BYTES:
            self._write()

    def finished(self) -> Iterator[tuple[Shard, list[LatentSong]]]:
        """All shards and their songs; nothing can be added afterwards."""
        if self.waiting:
            self._write()
        yield from self.done

    def _write(self) -> None:
        content, offsets = self.layout.lay_out(
            {index: song for index, (_, _, song) in self.waiting.items()}
        )
        file = f"{self.split}-{self.number:05d}{self.layout.suffix}"
        partial = self.output / f".{file}.partial"
        partial.write_bytes(content)
        partial.replace(self.output / file)
        shard = Shard(file, len(content), hashlib.sha256(content).hexdigest())
        self.done.append((shard, self._songs(file, content, offsets)))
        self.number += 1
        self._clear()

    def _songs(
        self, file: str, content: bytes, offsets: dict[int, dict[str, int]]
    ) -> list[LatentSong]:
        return [
            LatentSong(
                name=name,
                split=self.split,
                index=index,
                frames=song.facts.frames,
                shard=file,
                tuning_cents=song.facts.tuning_cents,
                offsets=offsets[index],
                sha256=tensors_digest(
                    content,
                    {at: song.tensors[kind].nbytes for kind, at in offsets[index].items()},
                ),
                origin=origin,
                vocal_content=song.facts.vocal_content,
                accompaniment_content=song.facts.accompaniment_content,
            )
            for index, (name, origin, song) in self.waiting.items()
        ]


def _unique(taken: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that were there before."""
    seen = set(taken)
    unique = []
    for name in names:
        count, candidate = 1, name
        while candidate in seen:
            count += 1
            candidate = f"{name} ({count})"
        seen.add(candidate)
        unique.append(candidate)
    return unique
