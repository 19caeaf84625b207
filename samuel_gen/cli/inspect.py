"""`samuel-inspect`: what is in a data set, and is it whole?"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from samuel_gen.cli.app import mistakes_told

if TYPE_CHECKING:
    from samuel_gen.data.shards import LatentDataset


def main() -> None:
    """`samuel-inspect`: see --help."""
    parser = argparse.ArgumentParser(
        prog="samuel-inspect",
        description="Tell what is in a latent data set: songs, hours, splits, codec, normalisers.",
    )
    parser.add_argument("path", type=Path, help="the folder of a data set")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="read every byte and name each damaged shard and song; exits with 1 if there is one",
    )
    arguments = parser.parse_args()
    with mistakes_told():
        if arguments.verify:
            verify(arguments.path)
        else:
            describe(arguments.path)


def describe(path: Path) -> None:
    """Print what a data set holds.

    Raises:
        SamuelError: no data set, or a damaged one.
    """
    from samuel_gen.data.shards import LatentDataset
    from samuel_gen.data.splitting import SPLITS

    dataset = LatentDataset.open(path)
    codec = dataset.codec_identity
    size = sum(shard.bytes for shard in dataset.shards)
    rows = [
        ("songs", f"{len(dataset.songs)}, {_hours(dataset)}, {size / 1e6:.1f} MB"),
        *((split, f"{len(dataset.split(split))}, {_hours(dataset, split)}") for split in SPLITS),
        (
            "codec",
            f"{codec.name}, {codec.channels} numbers per frame of {codec.hop_length} samples at "
            f"{codec.sample_rate} Hz, weights {codec.weights_hash}",
        ),
        ("loudness", f"{dataset.loudness_lufs:g} LUFS before encoding"),
        ("melody", ", ".join(dataset.melody_names)),
        ("versions", ", ".join(("as sung", *dataset.augmentations))),
    ]
    for name, normaliser in (
        ("vocal", dataset.vocal_normaliser),
        ("accompaniment", dataset.accompaniment_normaliser),
    ):
        low, high = float(normaliser.scale.min()), float(normaliser.scale.max())
        mean = float(normaliser.mean.abs().max())
        rows.append((name, f"divided by {low:.3g} to {high:.3g}, means up to {mean:.3g}"))
    for name, text in rows:
        print(f"{name:<14}{text}")
    print(f"The data set is in {path}")


def verify(path: Path) -> None:
    """Read every byte of a data set and print all damage.

    Raises:
        SamuelError: no data set, or a description that is damaged.
        SystemExit: with 1 if there is damage.
    """
    from rich.console import Console
    from rich.progress import Progress

    from samuel_gen.data.shards import LatentDataset
    from samuel_gen.data.verification import damages

    dataset = LatentDataset.open(path, whole=False)
    size = sum(shard.bytes for shard in dataset.shards)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verifying", total=size)
        found = damages(path, lambda count: bar.advance(task, count))
    for damage in found:
        where = "" if damage.song is None else f", song {damage.song!r}"
        print(f"{damage.file}{where}: {damage.found}", file=sys.stderr)
    if found:
        print(f"{path}: {len(found)} places are damaged; copy the data set again", file=sys.stderr)
        raise SystemExit(1)
    print(f"{len(dataset.songs)} songs, {size / 1e6:.1f} MB: every byte is as written in {path}")


def _hours(dataset: "LatentDataset", split: str | None = None) -> str:
    songs = dataset.songs if split is None else dataset.split(split)
    codec = dataset.codec_identity
    seconds = sum(song.frames for song in songs) * codec.hop_length / codec.sample_rate
    return f"{seconds / 3600:.2f} h"


if __name__ == "__main__":
    main()
