import argparse
import sys
from dataclasses import replace
from pathlib import Path

from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.cli.app import mistakes_told
from samuel_gen.errors import SamuelError

_EPILOG = """\
overrides change how the sampling is done:
  sampler=fast                         fast (8 steps), default (16), quality (32), paper (800)
  sampler=ddim sampler.num_steps=50    or dpm_solver_2m
  guidance.scale=2                     1 is no guidance; more follows the voice more closely
"""


def main() -> None:
    """`samuel-generate`: from sung recordings to their accompaniments; see --help."""
    arguments = _parser().parse_intermixed_args()
    with mistakes_told():
        generate(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="samuel-generate",
        usage="%(prog)s TAKE ... [-o FOLDER] [options] [KEY=VALUE ...]",
        description="Make an instrumental accompaniment for each sung recording.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("takes", nargs="*", metavar="TAKE", help="recordings of 1 s or more, or folders of them")
    add(
        "--checkpoint",
        type=Path,
        default=SHIPPED,
        metavar="FILE",
        help="a model.safetensors that samuel-train wrote, or USER/NAME on the Hugging Face hub "
        "(default: the weights in the package)",
    )
    add("-o", "--output", type=Path, help="folder for the results (default: ./TAKE_accompaniment)")
    add("--seed", type=int, default=0, help="another seed, another accompaniment")
    add(
        "--takes",
        dest="count",
        type=int,
        default=1,
        metavar="N",
        help="make N of them, of N seeds, and rank them by how well they fit the voice",
    )
    add(
        "--tries",
        type=int,
        metavar="N",
        help="of each take keep the best of N tries, every other of which hears the melody alone "
        "(default: 4; beside --takes: 1)",
    )
    add(
        "--tuning",
        type=float,
        metavar="CENTS",
        help="how far the singer is above A = 440 Hz (default: heard; 0: play at 440 Hz)",
    )
    add("--balance", type=float, default=0.0, metavar="DB", help="make the band louder or softer")
    add(
        "--extend",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="go on for so long after the voice has ended",
    )
    add("--format", choices=["wav", "flac"], default="wav", help="of the sound files")
    add("--bits", choices=["16", "24", "float"], default="24", help="of the sound files")
    add(
        "--redo",
        action="append",
        default=[],
        metavar="START-STOP[:SEED]",
        help="make these seconds anew, of another seed, and leave the rest as it is; may be given "
        "several times, and beside --from",
    )
    add(
        "--from",
        dest="sheet",
        type=Path,
        metavar="generation.json",
        help="make again what this file tells of",
    )
    add("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    add("--plots", action="store_true", help="also draw the spectrograms and the sampling")
    add(
        "--animation", action="store_true", help="also show the music coming out of the noise (GIF)"
    )
    add("--overwrite", action="store_true", help="replace results that are already there")
    return parser


def generate(arguments: argparse.Namespace) -> None:
    """Read each take, make its accompaniments, write them down.

    One take that cannot be used does not stop the others.

    Args:
        arguments: as `samuel-generate --help` lists them.

    Raises:
        SamuelError: whatever is wrong with the only take, the checkpoint, a folder or an override.
        SystemExit: with 1, where some of several takes could not be used.
    """
    from samuel_gen.cli.generate_options import folders, recipes

    every, promise = recipes(arguments, _parser().parse_intermixed_args([]))
    outputs = folders([recipe.take for recipe in every], arguments.output, arguments.overwrite)
    if len(every) == 1:
        _check(every[0].take)

    from samuel_gen.checkpoint.hub import checkpoint_file
    from samuel_gen.cli.generate_output import make
    from samuel_gen.cli.generate_progress import StepBar
    from samuel_gen.generation.accompanist import Accompanist

    checkpoint = checkpoint_file(every[0].checkpoint)
    every = [replace(recipe, checkpoint=checkpoint) for recipe in every]
    accompanist = Accompanist.from_pretrained(checkpoint, every[0].device)
    failed = 0
    with StepBar(sum(recipe.num_steps for recipe in every)) as bar:
        for recipe, output in zip(every, outputs, strict=True):
            try:
                make(
                    accompanist,
                    recipe,
                    output,
                    bar,
                    promise=promise,
                    plots=arguments.plots,
                    animation=arguments.animation,
                )
            except SamuelError as error:
                if len(every) == 1:
                    raise
                failed += 1
                print(error, file=sys.stderr)
    where = outputs[0] if len(outputs) == 1 else arguments.output or Path(".")
    done = len(every) - failed
    what = "accompaniment and mix are" if len(every) == 1 else f"{done} of {len(every)} are"
    print(f"{what} in {where}")
    if failed:
        raise SystemExit(1)


def _check(take: Path) -> None:
    """Refuse a take before anything is loaded for it."""
    from samuel_gen.audio.recording import SoundFile
    from samuel_gen.audio.vocal import check_measured

    file = SoundFile(take)
    check_measured(file.samples / file.sample_rate, 0.0, str(take))


if __name__ == "__main__":
    main()
