"""Assembly of encoded songs to a finished data set: splits, shards, normalisers, `dataset.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from samuel_gen.analysis.melody import MELODY_NAMES
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.contents import LatentSong
from samuel_gen.data.encode.shard_formats import SafetensorsFormat, ShardFormat
from samuel_gen.data.encode.shard_writer import ShardWriter
from samuel_gen.data.encode.song import EncodedSong, SongFacts
from samuel_gen.data.moments import ChannelMoments
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.splitting import SPLITS, SplitSong, split_by_content
from samuel_gen.errors import SamuelError

Content = TypeVar("Content")


@dataclass(frozen=True)
class EncodedFile:
    """A song that is encoded into a file of its own.

    Attributes:
        name: the song's name.
        split: the split that the source asks for, if any.
        origin: digest of everything that the encoded song depends on.
        path: the file.
    """

    name: str
    split: str | None
    origin: str
    path: Path

    def read_facts(self) -> SongFacts:
        """Read the facts about the song.

        Raises:
            SamuelError: the file cannot be read.
        """
        return self._require(SongFacts.load(self.path))

    def read_song(self) -> EncodedSong:
        """Read the song.

        Raises:
            SamuelError: the file cannot be read.
        """
        return self._require(EncodedSong.load(self.path))

    def _require(self, content: Content | None) -> Content:
        if content is None:
            raise SamuelError(
                f"{self.path}: the encoded song {self.name!r} cannot be read; delete the file and "
                "start again"
            )
        return content


def assemble(
    files: Sequence[EncodedFile],
    identity: CodecIdentity,
    output: Path,
    shares: Sequence[float],
    augmentations: Sequence[Mapping[str, Any]] = (),
    existing: LatentDataset | None = None,
    shard_format: ShardFormat | None = None,
) -> tuple[LatentDataset, list[tuple[str, str]]]:
    """Write the shards and, last of all, `dataset.json`.

    The songs of one shard are in memory at a time. The same files give the same bytes.

    Args:
        files: the songs, in the order in which they are numbered.
        identity: the identity of the codec that encoded them.
        output: the data set's folder.
        shares: the share of songs for the training, validation and test split.
        augmentations: the descriptions of the augmentations behind the further vocals.
        existing: a data set in that folder to which the songs are added. Its songs stay where they
            are, and so do its normalisers, since models were trained with them.
        shard_format: the format of the shards; None is safetensors.

    Returns:
        The data set, and name and reason for each song that could not be added.

    Raises:
        SamuelError: there is no song for training.
    """
    shard_format = shard_format or SafetensorsFormat()
    splits = _assign_splits(files, shares, existing)
    old = existing.songs if existing else ()
    if not old and "train" not in splits:
        raise SamuelError(
            f"{output}: none of {len(files)} songs is for training; add songs to the source"
        )
    writer = ShardWriter(output, shard_format, existing.shards if existing else ())
    moments = {kind: ChannelMoments(identity.channels) for kind in ("vocal", "accompaniment")}
    names = _make_unique([song.name for song in old], [file.name for file in files])
    first = max((song.index for song in old), default=-1) + 1
    songs: list[LatentSong] = []
    for split in SPLITS:
        writer.start(split)
        for number in [number for number, own in enumerate(splits) if own == split]:
            song = files[number].read_song()
            if split == "train":
                for kind, seen in moments.items():
                    seen.add(song.tensors[kind].T)
            writer.add(names[number], first + number, files[number].origin, song)
        songs += writer.finish()
    vocal_normaliser, accompaniment_normaliser = _choose_normalisers(moments, existing)
    dataset = LatentDataset(
        path=output,
        codec_identity=identity,
        vocal_normaliser=vocal_normaliser,
        accompaniment_normaliser=accompaniment_normaliser,
        loudness_lufs=REFERENCE_LOUDNESS,
        melody_names=MELODY_NAMES,
        augmentations=tuple(augmentations),
        songs=(*old, *sorted(songs, key=lambda song: song.index)),
        shards=tuple(writer.shards),
    )
    shard_format.write_index(output, dataset.songs, dataset.shards)
    dataset.save()
    return dataset, _list_refused(files, splits)


def _assign_splits(
    files: Sequence[EncodedFile], shares: Sequence[float], existing: LatentDataset | None
) -> list[str | None]:
    songs = [
        SplitSong(song.name, song.vocal_content, song.accompaniment_content, current=song.split)
        for song in (existing.songs if existing else ())
    ]
    count = len(songs)
    for file in files:
        facts = file.read_facts()
        songs.append(
            SplitSong(file.name, facts.vocal_content, facts.accompaniment_content, file.split)
        )
    return split_by_content(songs, shares)[count:]


def _list_refused(
    files: Sequence[EncodedFile], splits: Sequence[str | None]
) -> list[tuple[str, str]]:
    return [
        (
            file.name,
            f"song {file.name!r}: its name or audio links songs of different splits; encode all "
            "songs again with overwrite=true to include it",
        )
        for file, split in zip(files, splits, strict=True)
        if split is None
    ]


def _choose_normalisers(
    moments: Mapping[str, ChannelMoments], existing: LatentDataset | None
) -> tuple[LatentNormaliser, LatentNormaliser]:
    """Return the normalisers of the vocal and of the accompaniment."""
    if existing:
        return existing.vocal_normaliser, existing.accompaniment_normaliser
    vocal, accompaniment = (
        LatentNormaliser.fit(moments[kind].mean.float(), moments[kind].std.float())
        for kind in ("vocal", "accompaniment")
    )
    return vocal, accompaniment


def _make_unique(taken: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the names, with a number appended to each that occurred before."""
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
