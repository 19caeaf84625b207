"""The command `python -m samuel_gen.codec_fitting.decoder`, which trains the learned decoder."""

import argparse
import sys
from pathlib import Path

FIRST_SEED = 1_000_000
"""The first song: the same songs as the tables are fitted to, none that is measured."""
FONTS = ("TimGM6mb", "FluidR3_GM", "MuseScore_General_Lite")
"""The soundfonts that play the songs in turn, as far as they are installed."""


def main(arguments: list[str] | None = None) -> int:
    """Make the examples, train, write the weights and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m samuel_gen.codec_fitting.decoder",
        description="Train the spectral codec's learned decoder on rendered songs. The latents "
        "keep their meaning. A run that was stopped is resumed: what is in the folder is kept.",
    )
    parser.add_argument("--songs", type=int, default=720, help="the number of songs (default 720)")
    parser.add_argument("--seconds", type=float, default=24.0, help="seconds per song (default 24)")
    parser.add_argument(
        "--soundfonts",
        nargs="+",
        default=FONTS,
        metavar="FONT",
        help=f"names of installed fonts, or paths; they take turns (default {' '.join(FONTS)})",
    )
    parser.add_argument("--steps", type=int, default=10_000, help="training steps (default 10000)")
    parser.add_argument(
        "--refining-steps",
        type=int,
        default=2000,
        help="training steps after these in which a critic judges too (default 2000)",
    )
    parser.add_argument(
        "--folder", type=Path, required=True, help="where examples and the state of the run are"
    )
    parser.add_argument("--output", type=Path, required=True, help="the safetensors file to write")
    options = parser.parse_args(arguments)
    if options.songs < 1 or options.steps < 1 or options.refining_steps < 0:
        parser.error("--songs and --steps must be at least 1, --refining-steps at least 0")

    from samuel_gen.errors import SamuelError

    try:
        _train_and_save(options)
    except SamuelError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _train_and_save(options: argparse.Namespace) -> None:
    """Do the work, with a line for every hundred steps."""
    import torch
    from rich.console import Console
    from rich.progress import track

    from samuel_gen.codec_fitting.decoder_examples import make_examples
    from samuel_gen.codec_fitting.decoder_training import (
        DecoderTraining,
        TrainingSettings,
        load_examples,
    )
    from samuel_gen.codecs.spectral.tables import Tables
    from samuel_gen.corpus.installed_fonts import find_installed

    torch.set_num_threads(1)  # the machine may have others to serve
    folder = options.folder / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    seeds = range(FIRST_SEED, FIRST_SEED + options.songs)
    fonts = find_installed(options.soundfonts)
    for seed in track(seeds, "rendering", console=Console(stderr=True)):
        make_examples(seed, options.seconds, folder, Tables.load(), fonts[seed % len(fonts)])
    examples = load_examples([folder / f"{seed}.safetensors" for seed in seeds])
    settings = TrainingSettings(steps=options.steps, refining_steps=options.refining_steps)
    training = DecoderTraining(examples, settings, options.folder / "state.pt")
    for step, losses in training.run():
        text = ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
        print(f"step {step}: {text}", flush=True)
    training.average.save(options.output)
    print(f"{options.output}: decoder {training.average.digest}")


if __name__ == "__main__":
    sys.exit(main())
