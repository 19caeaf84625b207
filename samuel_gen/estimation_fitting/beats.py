"""The command `python -m samuel_gen.estimation_fitting.beats`, which trains the beat tracker."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samuel_gen.estimation_fitting.beat_songs import BeatSong
    from samuel_gen.models.beat_network import BeatNetworks

FIRST_SEED = 43_000_000
_HELD_OUT = 20  # songs that are measured in the end, after the others
_SECONDS = 44.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Render songs, train, write weights and figures, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m samuel_gen.estimation_fitting.beats",
        description="Train the beat tracker on rendered songs. Features and the training's state "
        "stay in the output folder: the same command continues where it was stopped.",
    )
    parser.add_argument(
        "--songs", type=int, default=1500, help="songs to learn from (default 1500)"
    )
    parser.add_argument(
        "--styles", choices=["core", "all"], default="all", help="their styles (default all)"
    )
    parser.add_argument("--steps", type=int, default=8000, help="updates (default 8000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the training (default 0)")
    parser.add_argument(
        "--beside", type=Path, help="weights of another run, which the tracker uses too"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of all results")
    options = parser.parse_args(arguments)
    if options.songs < 1 or options.steps < 1:
        parser.error("--songs and --steps must be at least 1")
    if options.beside is not None and not options.beside.is_file():
        parser.error(f"--beside {options.beside}: no such file")

    from samuel_gen.errors import SamuelError

    try:
        _fit(options)
    except SamuelError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _fit(options: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.progress import Progress, track
    from safetensors.torch import save_file

    from samuel_gen.estimation.beat_tracker import load_networks
    from samuel_gen.estimation_fitting.beat_songs import render_beat_songs
    from samuel_gen.estimation_fitting.beat_training import FittingOptions, train_network
    from samuel_gen.models.beat_network import BeatNetworks

    console, output = Console(stderr=True), options.output
    seeds = range(FIRST_SEED, FIRST_SEED + options.songs + _HELD_OUT)
    rendered = render_beat_songs(seeds, _SECONDS, output / "songs", options.styles)
    songs = list(track(rendered, "rendering", total=len(seeds), console=console))
    with Progress(console=console) as progress:
        task = progress.add_task("training", total=options.steps)

        def report(step: int, loss: float, seconds: float) -> None:
            text = f"loss {loss:.4f}, {seconds:.2f} s per step"
            progress.update(task, completed=step, description=text)

        settings = FittingOptions(steps=options.steps, seed=options.seed)
        networks = [train_network(songs[: options.songs], output, settings, report)]
    if options.beside is not None:
        networks = [*load_networks(options.beside).networks, *networks]
    tracker = BeatNetworks(networks).eval()
    weights = {name: each.half().contiguous() for name, each in tracker.state_dict().items()}
    save_file(weights, output / "beat_tracker.safetensors")
    figures = measure_network(tracker, songs[options.songs :])
    asked = {name: getattr(options, name) for name in ("songs", "styles", "steps", "seed")}
    figures |= asked | {"networks": len(networks)}
    (output / "beat_tracker.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(f"{output / 'beat_tracker.safetensors'}: {figures}")


def measure_network(network: "BeatNetworks", songs: "Sequence[BeatSong]") -> dict[str, float]:
    """Measure a tracker on bare vocals.

    Args:
        network: the networks of a tracker, in evaluation mode.
        songs: the songs, with their true beats.

    Returns:
        The mean figures by the names of `BeatFigures`.
    """
    import numpy as np

    from samuel_gen.estimation.beat_decoding import decode_beats
    from samuel_gen.estimation.beat_tracker import run_network
    from samuel_gen.estimation_fitting.beats_table import BeatFigures, compare_beats

    rows = []
    for song in songs:
        activations = run_network(network, song.vocal_powers, song.frequency, song.frame_seconds)
        sheet = decode_beats(activations, song.seconds).sheet
        rows.append(
            compare_beats(
                song.beats, song.downbeats, np.array(sheet.beats), np.array(sheet.downbeats)
            )
        )
    names, means = BeatFigures._fields, np.mean(rows, axis=0)
    return {name: round(float(mean), 4) for name, mean in zip(names, means, strict=True)}


if __name__ == "__main__":
    sys.exit(main())
