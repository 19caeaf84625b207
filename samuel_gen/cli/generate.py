import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import mistakes_told
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from samuel_gen.accompaniment import Accompaniment
    from samuel_gen.evaluation.fit import Fit
    from samuel_gen.generation import Accompanist
    from samuel_gen.sheet import Recipe

_EPILOG = """\
overrides change how the sampling is done:
  sampler=fast                         fast (8 steps), default (16), quality (32), paper (800)
  sampler=ddim sampler.num_steps=50    or dpm_solver_2m
  guidance.scale=3                     1 is no guidance; more follows the voice more closely
"""


def main() -> None:
    """`samuel-generate`: from sung recordings to their accompaniments; see --help."""
    arguments = _parser().parse_intermixed_args()
    with mistakes_told():
        generate(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="samuel-generate",
        usage="%(prog)s TAKE ... --checkpoint FILE [-o FOLDER] [options] [KEY=VALUE ...]",
        description="Make an instrumental accompaniment for each sung recording.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("takes", nargs="*", metavar="TAKE", help="recordings of 1 s or more, or folders of them")
    add("--checkpoint", type=Path, help="a model.safetensors that samuel-train wrote")
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
        "--from",
        dest="sheet",
        type=Path,
        metavar="generation.json",
        help="make again what this file tells of",
    )
    add("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    add("--plots", action="store_true", help="also draw the spectrograms and the sampling")
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
    from samuel_gen.cli.recipes import folders, recipes

    every, promised = recipes(arguments, _parser().parse_intermixed_args([]))
    outputs = folders([recipe.take for recipe in every], arguments.output, arguments.overwrite)

    from samuel_gen.generation import Accompanist

    first = every[0]
    if len(every) == 1:
        _check(first.take)
    accompanist = Accompanist.from_pretrained(first.checkpoint, first.device)
    failed = 0
    with _StepBar(len(every) * int(first.settings["sampler"]["num_steps"])) as bar:
        for recipe, output in zip(every, outputs, strict=True):
            try:
                bar.say(_make(accompanist, recipe, output, bar, arguments.plots))
            except SamuelError as error:
                if len(every) == 1:
                    raise
                failed += 1
                print(error, file=sys.stderr)
    where = outputs[0] if len(outputs) == 1 else arguments.output or Path(".")
    if promised:
        _compare(outputs[0], promised)
    done = len(every) - failed
    what = "accompaniment and mix are" if len(every) == 1 else f"{done} of {len(every)} are"
    print(f"{what} in {where}")
    if failed:
        raise SystemExit(1)


def _check(take: Path) -> None:
    """Refuse a take before anything is loaded for it."""
    from samuel_gen.audio.files import read_audio
    from samuel_gen.audio.vocal import check_vocal

    check_vocal(*read_audio(take), str(take))


def _make(
    accompanist: "Accompanist", recipe: "Recipe", output: Path, bar: "_StepBar", plots: bool
) -> list[str]:
    """Make and write the accompaniments of one take; what is to be said of them."""
    from torch.nn.functional import pad

    from samuel_gen import sheet
    from samuel_gen.audio.files import read_audio, write_audio
    from samuel_gen.audio.take import read_take
    from samuel_gen.build import build

    vocal, sample_rate = read_audio(recipe.take)
    heard = read_take(vocal, sample_rate)
    vocal = pad(vocal, (0, round(recipe.extend * sample_rate)))
    bar.say([f"{recipe.take.name}", *heard.lines()])
    made = accompanist.takes(
        vocal,
        sample_rate,
        recipe.seeds,
        sampler=build(dict(recipe.settings["sampler"])),
        guidance=build(dict(recipe.settings["guidance"])),
        tuning_cents=recipe.tuning_cents,
        balance=recipe.balance,
        on_step=bar.on_step,
        name=str(recipe.take),
    )
    written = []
    for result in made:
        own = f"-seed{result.seed}" if len(made) > 1 else ""
        for name, sound in (("accompaniment", result.accompaniment), ("mix", result.mix)):
            written.append(output / f"{name}{own}{recipe.suffix}")
            write_audio(written[-1], sound, sample_rate, recipe.subtype)
    _warn_if_unhealthy(bar.statistics, accompanist.schedule)
    ranked = _ranked(made, vocal, sample_rate)
    fits = {str(each.seed): asdict(found) | {"score": found.score} for each, found in ranked}
    sheet.write(output, recipe.sheet(made[0].tuning_cents, heard.to_dict(), fits, written))
    if plots:
        _draw(output, accompanist, ranked[0][0], bar.statistics, vocal)
    return _table(ranked) if len(made) > 1 else []


def _warn_if_unhealthy(statistics: Any, schedule: Any) -> None:
    """Say that a checkpoint's chain has left the band in which it must stay."""
    from samuel_gen.diffusion.statistics import strayed

    found = strayed(statistics, schedule)
    if found is not None:
        step, std = found
        print(
            f"warning: at step {step + 1} the latents' standard deviation is {std:.2f}, far from "
            "what a healthy checkpoint keeps: train it longer, or lower guidance.scale (--plots)",
            file=sys.stderr,
        )


def _ranked(
    made: Sequence["Accompaniment"], vocal: Any, sample_rate: int
) -> list[tuple["Accompaniment", "Fit"]]:
    """The accompaniments with how well they fit the voice, the best first."""
    from samuel_gen.audio.melody import melody_track
    from samuel_gen.audio.take import FRAME_SECONDS
    from samuel_gen.evaluation.fit import fit

    hop = max(4, round(FRAME_SECONDS * sample_rate))
    melody = melody_track(vocal, sample_rate, hop)
    fits = [
        (each, fit(each.accompaniment, sample_rate, melody, each.tuning_cents, hop))
        for each in made
    ]
    return sorted(fits, key=lambda pair: -pair[1].score)


def _table(ranked: Sequence[tuple["Accompaniment", "Fit"]]) -> list[str]:
    rows = [f"{'rank':<6}{'seed':<6}{'score':<8}{'harmony':<9}{'pulse':<8}why"]
    for rank, (made, found) in enumerate(ranked, 1):
        figures = f"{found.score:<8.2f}{found.harmony:<9.2f}{found.pulse:<8.2f}"
        rows.append(f"{rank:<6}{made.seed:<6}{figures}{found.reasons()}")
    return rows


def _compare(output: Path, promised: dict[str, str]) -> None:
    """Say whether the files are what they were."""
    from samuel_gen.sheet import digest

    other = [name for name, own in promised.items() if digest(output / name) != own]
    if other:
        print(
            f"{', '.join(other)}: other bytes than before; another version of a package, another "
            "device or another processor rounds differently",
            file=sys.stderr,
        )
    else:
        print("the same bytes as before")


class _StepBar:
    """One progress bar over the sampling of all takes; its `on_step` feeds the statistics too."""

    def __init__(self, num_steps: int) -> None:
        from rich.console import Console
        from rich.progress import Progress

        from samuel_gen.diffusion.statistics import SamplingStatistics

        self.bar = Progress(console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task("sampling", total=num_steps)
        self.statistics = SamplingStatistics()

    def __enter__(self) -> "_StepBar":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def say(self, lines: Sequence[str]) -> None:
        """Print without tearing the bar."""
        if lines:
            self.bar.stop()
            print(*lines, sep="\n", flush=True)
            self.bar.start()

    def on_step(self, step: int, noisy: Any, clean: Any) -> None:
        """See `samuel_gen.diffusion.samplers.OnStep`."""
        self.statistics(step, noisy, clean)
        self.bar.advance(self.task)


def _draw(
    output: Path,
    accompanist: "Accompanist",
    result: "Accompaniment",
    statistics: Any,
    vocal: Any,
) -> None:
    from samuel_gen.plots import sampling_plot, spectrograms_plot

    sounds = {"voice": vocal, "accompaniment": result.accompaniment, "mix": result.mix}
    spectrograms_plot(sounds, result.sample_rate, output / "spectrograms.png")
    sampling_plot(statistics, accompanist.schedule, output / "sampling.png")


if __name__ == "__main__":
    main()
