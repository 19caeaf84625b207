"""`samuel-generate`: from vocal recordings to their accompaniments."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.cli.app import report_errors
from samuel_gen.cli.generate_inputs import split_words, spool_pipes
from samuel_gen.errors import SamuelError
from samuel_gen.storage import fill_folder

_EPILOG = """\
the lead sheet (beats, chords, key, meter, style) is estimated from the vocal, printed, written to
lead_sheet.txt and followed; whatever is given is kept, and the rest is estimated around it:
  --tempo 92                           sung to a click; --tempo x2 corrects half the right tempo
  --chords "Dm | Gm C | F | A7"        a chart, repeated to the end; ? leaves a chord to be found
  --lead-sheet lead_sheet.txt          as written by an earlier run, and edited

overrides (KEY=VALUE) change the sampling:
  sampler=fast                         fast (8 steps), default (16), quality (32), paper (800)
  sampler=ddim sampler.num_steps=50    or dpm_solver_2m
  decoder=learned                      of the spectral codec: learned or closed_form
  guidance.scale=2                     1 is no guidance; more follows the vocal more closely
"""


def main() -> None:
    """Run the command; `samuel-generate --help` lists its options."""
    options, vocals = split_words(sys.argv[1:])
    arguments = _parser().parse_intermixed_args(options)
    with report_errors(), spool_pipes([*arguments.vocals, *vocals]) as arguments.vocals:
        generate(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="samuel-generate",
        usage="%(prog)s VOCAL ... [-o FOLDER] [options] [KEY=VALUE ...]",
        description="Generate an instrumental accompaniment for each vocal recording.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "vocals",
        nargs="*",
        metavar="VOCAL",
        help="recordings of 1 s or more, folders of them, or - for standard input",
    )
    add(
        "--checkpoint",
        type=Path,
        default=BUNDLED,
        metavar="FILE",
        help="a model.safetensors that samuel-train wrote, or USER/NAME on the Hugging Face hub "
        "(default: the bundled checkpoint)",
    )
    add("-o", "--output", type=Path, help="folder for the results (default: ./VOCAL_accompaniment)")
    add(
        "--seed",
        type=int,
        default=0,
        help="seed of the noise; another seed gives another accompaniment (default: 0)",
    )
    add(
        "--candidates",
        type=int,
        default=1,
        metavar="N",
        help="generate N candidates per result and keep the best; every second one is given only "
        "the melody (default: 1)",
    )
    add(
        "--results",
        type=int,
        default=1,
        metavar="N",
        help="write N results, from N seeds, ranked by how well they fit the vocal (default: 1)",
    )
    add(
        "--tuning",
        type=float,
        metavar="CENTS",
        help="offset of the singer from A = 440 Hz (default: estimate it; 0: play at 440 Hz)",
    )
    add(
        "--balance",
        type=float,
        default=0.0,
        metavar="DB",
        help="loudness of the accompaniment over that of the vocal (default: 0)",
    )
    add(
        "--extend",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="continue the accompaniment after the vocal has ended (default: 0)",
    )
    add("--format", choices=["wav", "flac"], default="wav", help="sound file format (default: wav)")
    add(
        "--bits",
        choices=["16", "24", "float"],
        default="24",
        help="bits per sample of the sound files (default: 24)",
    )
    _add_sheet_options(parser)
    add(
        "--redo",
        action="append",
        default=[],
        metavar="START-STOP[:SEED]",
        help="regenerate this time range (seconds) with a new seed, keep the rest; repeatable, "
        "combines with --from",
    )
    add(
        "--from",
        dest="recipe",
        type=Path,
        metavar="generation.json",
        help="reproduce the run recorded in this file",
    )
    add("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    add("--plots", action="store_true", help="also draw spectrograms and the sampling statistics")
    add("--animation", action="store_true", help="also draw the sampling as an animated GIF")
    add("--overwrite", action="store_true", help="replace results that are already there")
    return parser


def _add_sheet_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the lead sheet."""
    add = parser.add_argument_group("lead sheet").add_argument
    add(
        "--tempo",
        metavar="BPM",
        help="beats per minute; or x2 or /2 for twice or half the estimate",
    )
    add("--bar-1-at", type=float, metavar="SECONDS", help="the time at which a bar begins")
    add("--meter", help="such as 4/4, 3/4 or 6/8")
    add("--key", help='such as "D minor" or Bb')
    add("--style", help="the style of the accompaniment; --list-styles lists them")
    add("--list-styles", action="store_true", help="list the styles and exit")
    add("--chords", metavar="CHART", help='the chords in bars, such as "Dm | Gm C | F | A7"')
    add(
        "--beats",
        type=Path,
        metavar="FILE",
        help="the beats: one time in seconds per line, labels of Audacity, or a MIDI file's tempo "
        "map",
    )
    add(
        "--lead-sheet",
        type=Path,
        metavar="FILE",
        help="a lead_sheet.txt, which may leave anything out; none generates without a lead sheet",
    )
    add(
        "--count-in",
        type=int,
        default=0,
        metavar="BARS",
        help="also write the sounds with bars of click before them, as NAME-count_in (default: 0)",
    )


def generate(arguments: argparse.Namespace) -> None:
    """Generate and write the accompaniments of each recording.

    A recording that cannot be used does not stop the others.

    Args:
        arguments: the parsed arguments of `samuel-generate`.

    Raises:
        SamuelError: the only recording, the checkpoint, a folder or an override cannot be used.
        SystemExit: with 1, if some of several recordings cannot be used.
    """
    from samuel_gen.cli.generate_options import choose_folders, parse_recipes, parse_sheet

    if arguments.list_styles:
        from samuel_gen.lead_sheet.style import STYLES

        print("\n".join(STYLES))
        return
    given = parse_sheet(arguments)  # before anything slow is imported
    recipes, recorded = parse_recipes(arguments, _parser().parse_intermixed_args([]))
    vocals = [recipe.vocal for recipe in recipes]
    outputs = choose_folders(vocals, arguments.output, arguments.overwrite)
    if len(recipes) == 1:
        _check_vocal(vocals[0])

    from samuel_gen.checkpoint.hub import find_checkpoint
    from samuel_gen.cli.generate_lines import describe_files
    from samuel_gen.cli.generate_output import analyse_files, write_results
    from samuel_gen.cli.generate_progress import StepBar
    from samuel_gen.generation.accompanist import Accompanist

    checkpoint = find_checkpoint(recipes[0].checkpoint)
    recipes = [replace(recipe, checkpoint=checkpoint) for recipe in recipes]
    failed = 0
    with (
        ThreadPoolExecutor(1) as second_core,
        StepBar(sum(recipe.num_steps for recipe in recipes)) as bar,
    ):
        decoder = recipes[0].settings.get("decoder")
        loading = second_core.submit(
            Accompanist.from_pretrained, checkpoint, recipes[0].device, decoder=decoder
        )
        for recipe, output, report in zip(recipes, outputs, analyse_files(vocals), strict=True):
            accompanist = loading.result()
            try:
                with fill_folder(output) as folder:
                    write_results(
                        accompanist,
                        recipe,
                        report,
                        folder,
                        bar,
                        given=given,
                        count_in=arguments.count_in,
                        recorded=recorded,
                        plots=arguments.plots,
                        animation=arguments.animation,
                    )
            except SamuelError as error:
                if len(recipes) == 1:
                    raise
                failed += 1
                print(error, file=sys.stderr)
    if len(recipes) == 1:
        has_sheet = (given if recorded is None else recipes[0].lead_sheet) is not None
        print("\n".join(describe_files(outputs[0], has_sheet)))
    else:
        print(f"{len(recipes) - failed} of {len(recipes)} are in {arguments.output or Path('.')}")
    if failed:
        raise SystemExit(1)


def _check_vocal(vocal: Path) -> None:
    """Refuse a recording that is too short before torch and the checkpoint are loaded."""
    from samuel_gen.audio.recording import SoundFile
    from samuel_gen.audio.validation import check_recording

    file = SoundFile(vocal)
    check_recording(file.samples / file.sample_rate, 0.0, str(vocal))


if __name__ == "__main__":
    main()
