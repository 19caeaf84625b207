"""`samuel-inspect`: describe a data set or a checkpoint, compare two, or measure the codec."""

import argparse
import sys
from pathlib import Path

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.cli.app import report_errors
from samuel_gen.errors import SamuelError

EXAMPLES = """\
examples:
  samuel-inspect                                    describe the bundled checkpoint
  samuel-inspect LATENTS                            describe a data set
  samuel-inspect LATENTS --verify                   check every byte of a data set for damage
  samuel-inspect model.safetensors                  describe a checkpoint: settings and training
  samuel-inspect A.safetensors B.safetensors        compare the settings and weights of two
  samuel-inspect --audio A.wav B.wav                measure the similarity of two recordings
  samuel-inspect --codec                            measure what the codec's decoders give back
  samuel-inspect --codec --songs 0 FOLDER           the same for the recordings in a folder
"""
CODEC_SONGS, CODEC_SECONDS = 8, 16.0
"""Rendered songs that --codec measures, and the length of each in seconds."""


def main() -> None:
    """Run the command `samuel-inspect`."""
    parser = argparse.ArgumentParser(
        prog="samuel-inspect",
        description="Describe a latent data set or a checkpoint, compare two checkpoints or two "
        "recordings, or measure the codec.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        type=Path,
        nargs="*",
        metavar="PATH",
        help="the folder of a data set, or one or two checkpoints of samuel-train (.safetensors); "
        "default: the bundled checkpoint. With --codec, recordings and folders of them",
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="read every byte of a data set and list the damaged shards and songs; exit with 1 if "
        "there are any",
    )
    parser.add_argument(
        "--audio",
        action="store_true",
        help="compare two recordings (any formats, rates and channels): "
        "samples, harmony, timbre, loudness",
    )
    parser.add_argument(
        "--codec",
        action="store_true",
        help="encode and decode rendered songs, and the recordings named, with both decoders of "
        "the spectral codec, and measure what comes back: harmony, tone, attacks, width",
    )
    parser.add_argument(
        "--songs",
        type=int,
        default=CODEC_SONGS,
        help=f"for --codec: the number of rendered songs (default {CODEC_SONGS})",
    )
    arguments = parser.parse_args()
    with report_errors():
        if arguments.codec:
            measure_codec(arguments.paths, arguments.songs)
        elif arguments.audio:
            print("\n".join(compare_audio(arguments.paths, arguments.verify)))
        else:
            print("\n".join(inspect(arguments.paths or [BUNDLED], arguments.verify)))


def measure_codec(paths: list[Path], songs: int) -> None:
    """Print a table for the rendered songs, and one for each path.

    Args:
        paths: recordings, and folders of them.
        songs: the number of rendered songs; 0 for none.

    Raises:
        SamuelError: nothing to measure, or a path has no recording that can be read.
    """
    if songs < 0 or songs == 0 and not paths:
        raise SamuelError(f"--songs {songs}: nothing to measure; name recordings, or 1 or more")
    from samuel_gen.evaluation.round_trip import measure_sets

    for trips in measure_sets(paths, songs, CODEC_SECONDS):
        print("\n".join(trips.lines()), end="\n\n", flush=True)


def compare_audio(paths: list[Path], verify: bool) -> list[str]:
    """Return lines of text about the similarity of two recordings.

    Args:
        paths: the paths on the command line.
        verify: whether --verify was given, which is an error here.

    Raises:
        SamuelError: not two paths, a file that cannot be read, or --verify.
    """
    if verify:
        raise SamuelError("--audio and --verify exclude each other: --verify is for data sets")
    if len(paths) != 2:
        raise SamuelError(
            f"--audio takes two recordings, not {len(paths)}: samuel-inspect --audio A.wav B.wav"
        )
    from samuel_gen.evaluation.similarity import compare_files

    return compare_files(*paths)


def inspect(paths: list[Path], verify: bool) -> list[str]:
    """Return lines of text that describe a data set or a checkpoint, or compare two checkpoints.

    Args:
        paths: the paths on the command line.
        verify: read every byte of a data set.

    Raises:
        SamuelError: the wrong number or kind of paths, or a damaged file.
        SystemExit: with 1 if --verify finds damage.
    """
    are_datasets = [_is_dataset(path) for path in paths]
    if any(are_datasets) and len(paths) > 1:
        raise SamuelError(
            f"{paths[are_datasets.index(True)]} is a data set; inspect it alone, without other "
            "paths"
        )
    if verify and not any(are_datasets):
        raise SamuelError(
            f"{paths[0]} is a checkpoint; leave --verify out, since checkpoints are always read "
            "completely"
        )
    if len(paths) > 2:
        raise SamuelError(f"cannot compare {len(paths)} checkpoints; give one or two")
    if verify:
        return verify_dataset(paths[0])
    if len(paths) == 2:
        return compare_checkpoints(*paths)

    from samuel_gen.cli.inspect_lines import describe_checkpoint, describe_dataset

    return describe_dataset(paths[0]) if any(are_datasets) else describe_checkpoint(paths[0])


def compare_checkpoints(first: Path, second: Path) -> list[str]:
    """Return lines of text that compare two checkpoints.

    Raises:
        SamuelError: a file cannot be used.
    """
    from samuel_gen.checkpoint.checkpoint import Checkpoint
    from samuel_gen.checkpoint.comparison import Comparison

    comparison = Comparison.of(Checkpoint.load(first), Checkpoint.load(second))
    return [*comparison.lines(), f"First {first}, second {second}"]


def verify_dataset(path: Path) -> list[str]:
    """Read every byte of a data set.

    Raises:
        SamuelError: not a data set, or its description is damaged.
        SystemExit: with 1 if there is damage, which is printed on stderr.
    """
    from rich.console import Console
    from rich.progress import Progress

    from samuel_gen.data.shards import LatentDataset
    from samuel_gen.data.verification import find_damage

    dataset = LatentDataset.open(path, check_shards=False)
    size = sum(shard.bytes for shard in dataset.shards)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verifying", total=size)
        damage = find_damage(path, lambda count: bar.advance(task, count))
    for each in damage:
        song = "" if each.song is None else f", song {each.song!r}"
        print(f"{each.file}{song}: {each.found}", file=sys.stderr)
    if damage:
        print(f"{path} is damaged in {len(damage)} places; copy it again", file=sys.stderr)
        raise SystemExit(1)
    return [f"{len(dataset.songs)} songs, {size / 1e6:.1f} MB: every byte in {path} is as written"]


def _is_dataset(path: Path) -> bool:
    """Return True for the folder of a data set, and False for a checkpoint.

    Raises:
        SamuelError: it is neither.
    """
    if path.is_dir():
        return True
    if path.suffix == ".safetensors" and path.exists():
        return False
    problem = "is neither a folder nor a .safetensors file" if path.exists() else "does not exist"
    raise SamuelError(
        f"{path} {problem}; name the folder of a data set or a checkpoint, or add --audio to "
        "compare recordings"
    )


if __name__ == "__main__":
    main()
