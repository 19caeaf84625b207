"""From encoded songs to a finished data set: splits, shards, normalisers, `dataset.json`."""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import save

from samuel_gen.audio.loudness import REFERENCE_LOUDNESS
from samuel_gen.audio.melody import MELODY_NAMES
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.moments import ChannelMoments
from samuel_gen.data.partials import EncodedSong
from samuel_gen.data.shards import (
    FORMAT_VERSION,
    TENSORS,
    LatentSong,
    Shard,
    sha256,
    tensor_name,
)
from samuel_gen.data.splitting import SPLITS, split_songs
from samuel_gen.errors import SamuelError

SONGS_PER_SHARD = 32


@dataclass(frozen=True)
class EncodedFile:
    """A song that lies encoded in a file of its own, and the split its source asks for."""

    name: str
    split: str | None
    path: Path


def assemble(
    files: Sequence[EncodedFile],
    identity: CodecIdentity,
    output: Path,
    shares: Sequence[float],
) -> list[LatentSong]:
    """Write the shards and, last of all, `dataset.json`.

    One song is in memory per tensor of a shard; the same files give the same bytes.

    Args:
        files: the songs, in the order they shall have.
        identity: of the codec that encoded them.
        output: the data set's folder.
        shares: of the training, validation and test split.
    """
    names = _unique([file.name for file in files])
    by_hash = split_songs(list(dict.fromkeys(f.name for f in files if f.split is None)), shares)
    splits = [file.split or by_hash[file.name] for file in files]
    if "train" not in splits:
        raise SamuelError(
            f"{output}: no song for training among {len(files)}; expected at least one; add songs"
        )
    moments = {kind: ChannelMoments(identity.channels) for kind in ("vocal", "accompaniment")}
    songs: dict[int, LatentSong] = {}
    shards: list[Shard] = []
    for split in SPLITS:
        members = [index for index, kind in enumerate(splits) if kind == split]
        for number in range(math.ceil(len(members) / SONGS_PER_SHARD)):
            shard = f"{split}-{number:05d}.safetensors"
            tensors, about = {}, {}
            for index in members[number * SONGS_PER_SHARD : (number + 1) * SONGS_PER_SHARD]:
                song = _load(files[index])
                for kind in TENSORS:
                    tensors[tensor_name(index, kind)] = getattr(song, kind)
                about[str(index)] = song.metadata
                if split == "train":
                    for kind, seen in moments.items():
                        seen.add(getattr(song, kind).T)
                songs[index] = LatentSong(
                    names[index], split, index, song.frames, shard, song.tuning_cents
                )
            shards.append(_write_shard(output, shard, tensors, about))
    ordered = [songs[index] for index in range(len(files))]
    normalisers = {
        kind: LatentNormaliser.fit(seen.mean.float(), seen.std.float()).to_dict()
        for kind, seen in moments.items()
    }
    description = {
        "format": "samuel_gen latent data set",
        "version": FORMAT_VERSION,
        "codec": identity.to_dict(),
        "loudness_lufs": REFERENCE_LOUDNESS,
        "normalisers": normalisers,
        "melody_features": list(MELODY_NAMES),
        "songs": [asdict(song) for song in ordered],
        "shards": [asdict(shard) for shard in shards],
    }
    write_atomically(output / "dataset.json", json.dumps(description, indent=1, ensure_ascii=False))
    return ordered


def write_skipped(output: Path, skipped: Sequence[tuple[str, str]]) -> None:
    """Write `skipped.csv`, the songs left out and why; none left out, no file."""
    path = output / "skipped.csv"
    if not skipped:
        path.unlink(missing_ok=True)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("name", "reason"), *skipped])


def write_atomically(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)


def _write_shard(output: Path, name: str, tensors: dict[str, Any], about: dict[str, Any]) -> Shard:
    # One key only: safetensors writes several in an order that changes from process to process.
    metadata = {"songs": json.dumps(about, ensure_ascii=False)}
    partial = output / f".{name}.partial"
    partial.write_bytes(save(tensors, metadata))  # save_file's would be for its owner's eyes only
    path = output / name
    partial.replace(path)
    return Shard(name, path.stat().st_size, sha256(path))


def _load(file: EncodedFile) -> EncodedSong:
    song = EncodedSong.load(file.path)
    if song is None:
        raise SamuelError(
            f"{file.path}: cannot be read; expected the encoded song {file.name!r}; delete it and "
            "start again"
        )
    return song


def _unique(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that were there before."""
    taken: set[str] = set()
    unique = []
    for name in names:
        count, candidate = 1, name
        while candidate in taken:
            count += 1
            candidate = f"{name} ({count})"
        taken.add(candidate)
        unique.append(candidate)
    return unique
