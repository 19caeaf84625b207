"""`samuel-inspect`: what is in a data set or a checkpoint, and what differs between two things?"""

import argparse
import sys
from pathlib import Path

from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.cli.app import mistakes_told
from samuel_gen.errors import SamuelError

EXAMPLES = """\
examples:
  samuel-inspect                                    the weights in the package
  samuel-inspect LATENTS                            what a data set holds
  samuel-inspect LATENTS --verify                   is every byte of it what was written?
  samuel-inspect model.safetensors                  a checkpoint: parts, configuration, training
  samuel-inspect A.safetensors B.safetensors        what differs in structure and in weights
  samuel-inspect --audio A.wav B.wav                how alike two recordings are
"""


def main() -> None:
    """`samuel-inspect`: see --help."""
    parser = argparse.ArgumentParser(
        prog="samuel-inspect",
        description="Tell what is in a latent data set or a checkpoint, or what differs between "
        "two checkpoints or two recordings.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        type=Path,
        nargs="*",
        default=[SHIPPED],
        metavar="PATH",
        help="the folder of a data set, or one or two .safetensors files that samuel-train wrote "
        "(default: the weights in the package)",
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="read every byte of a data set and name each damaged shard and song; exits with 1 if "
        "there is one",
    )
    parser.add_argument(
        "--audio",
        action="store_true",
        help="compare two recordings (WAV, FLAC, OGG, MP3 or AIFF; any rates and channels): "
        "samples, harmony, colour, loudness",
    )
    arguments = parser.parse_args()
    with mistakes_told():
        if arguments.audio:
            lines = compare_audio(arguments.paths, arguments.verify)
        else:
            lines = inspect(arguments.paths, arguments.verify)
        print("\n".join(lines))


def compare_audio(paths: list[Path], verifying: bool) -> list[str]:
    """How alike two recordings are.

    Raises:
        SamuelError: not two paths, files that cannot be read, or --verify.
    """
    if verifying:
        raise SamuelError(
            "--audio with --verify; expected one of the two; --verify is for data sets"
        )
    if len(paths) != 2:
        raise SamuelError(
            f"--audio: {len(paths)} named; expected two recordings; "
            "try samuel-inspect --audio A.wav B.wav"
        )
    from samuel_gen.evaluation.similarity import likeness_lines

    return likeness_lines(*paths)


def inspect(paths: list[Path], verifying: bool) -> list[str]:
    """What is in a data set or a checkpoint, or what differs between two checkpoints.

    Args:
        paths: as given.
        verifying: read every byte of a data set.

    Raises:
        SamuelError: another number or other kinds of paths, or what they lead to is damaged.
        SystemExit: with 1 if there is damage where that was asked.
    """
    sets = [_is_dataset(path) for path in paths]
    if any(sets) and len(paths) > 1:
        raise SamuelError(
            f"{paths[sets.index(True)]}: a data set among {len(paths)} paths; expected one "
            "data set alone, or one or two checkpoints; inspect it by itself"
        )
    if verifying and not any(sets):
        raise SamuelError(
            f"{paths[0]}: --verify with a checkpoint; expected the folder of a data set; leave "
            "--verify out: a checkpoint is always read to its end"
        )
    if len(paths) > 2:
        raise SamuelError(
            f"found {len(paths)} checkpoints; expected one or two; compare them pair by pair"
        )
    if verifying:
        return verified(paths[0])
    if len(paths) == 2:
        return compared(*paths)

    from samuel_gen.cli.inspect_lines import checkpoint_lines, dataset_lines

    return dataset_lines(paths[0]) if any(sets) else checkpoint_lines(paths[0])


def compared(first: Path, second: Path) -> list[str]:
    """What differs between two checkpoints.

    Raises:
        SamuelError: a file that cannot be used.
    """
    from samuel_gen.checkpoint.checkpoint import Checkpoint
    from samuel_gen.checkpoint.comparison import Comparison

    comparison = Comparison.of(Checkpoint.load(first), Checkpoint.load(second))
    return [*comparison.lines(), f"First {first}, second {second}"]


def verified(path: Path) -> list[str]:
    """Read every byte of a data set.

    Raises:
        SamuelError: no data set, or a description that is damaged.
        SystemExit: with 1 if there is damage, which is printed.
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
    return [f"{len(dataset.songs)} songs, {size / 1e6:.1f} MB: every byte is as written in {path}"]


def _is_dataset(path: Path) -> bool:
    """Whether it is a data set's folder; else it is a checkpoint.

    Raises:
        SamuelError: it is neither.
    """
    if path.is_dir():
        return True
    if path.suffix == ".safetensors" and path.exists():
        return False
    found = "no such file or folder" if not path.exists() else "a file of another kind"
    raise SamuelError(
        f"{path}: {found}; expected the folder of a data set or a .safetensors checkpoint; check "
        "the path, or add --audio to compare recordings"
    )


if __name__ == "__main__":
    main()
