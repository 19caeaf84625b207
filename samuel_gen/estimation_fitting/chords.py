"""The command `python -m samuel_gen.estimation_fitting.chords`: training and table of chords."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

FIRST_SEED = 48_000_000
_LENGTHS = (12.0, 20.0, 32.0, 48.0)  # seconds of the songs to learn from


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the chord network or print the table, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m samuel_gen.estimation_fitting.chords",
        description="Train the chord network on composed melodies, or measure the harmoniser.",
    )
    parser.add_argument("--output", type=Path, help="file of the weights to write")
    parser.add_argument("--songs", type=int, default=8000, help="melodies (default 8000)")
    parser.add_argument("--steps", type=int, default=1600, help="updates (default 1600)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the training (default 0)")
    parser.add_argument("--measure", action="store_true", help="print the table, do not train")
    parser.add_argument("--composed", type=int, default=200, help="its composed songs (200)")
    parser.add_argument("--rendered", type=int, default=20, help="its rendered songs (20)")
    parser.add_argument("--seconds", type=float, default=48, help="their length (48)")
    parser.add_argument("--real", type=Path, help="its folder of real songs with labels.json")
    options = parser.parse_args(arguments)
    if options.measure:
        for line in measure(options.composed, options.rendered, options.seconds, options.real):
            print(line, flush=True)
    elif options.output:
        fit(options.songs, options.steps, options.seed, options.output)
    else:
        parser.error("give --output to train, or --measure")
    return 0


def fit(songs: int, steps: int, seed: int, output: Path) -> None:
    """Compose melodies, train a network on them and write its weights in half precision.

    Args:
        songs: the number of melodies.
        steps: the number of updates.
        seed: the seed of the training.
        output: the file of the weights.
    """
    import numpy as np
    from rich.console import Console
    from rich.progress import Progress, track
    from safetensors.torch import save_file

    from samuel_gen.estimation_fitting.chord_songs import compose_song, perturb_beats
    from samuel_gen.estimation_fitting.chord_training import make_example, train_network

    console = Console(stderr=True)
    examples = []
    for number in track(range(songs), "composing", console=console):
        rng = np.random.default_rng([seed, number])
        melody = compose_song(
            FIRST_SEED + number, float(rng.choice(_LENGTHS)), errors=1.2 * rng.random(), variety=1.0
        )
        examples.append(make_example(perturb_beats(melody, rng)))
    with Progress(console=console) as progress:
        task = progress.add_task("training", total=steps)

        def report(step: int, loss: float) -> None:
            progress.update(task, completed=step, description=f"training, loss {loss:.2f}")

        network = train_network(examples, steps, seed, report)
    weights = {name: weight.half() for name, weight in network.state_dict().items()}
    output.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, output)


def measure(composed: int, rendered: int, seconds: float, real: Path | None) -> Iterator[str]:
    """Yield the lines of the table.

    Args:
        composed, rendered: the numbers of songs of each kind, with known and with other styles.
        seconds: the length of these songs.
        real: a folder of real songs.
    """
    from samuel_gen.estimation_fitting.chord_table import (
        default_systems,
        format_header,
        format_rows,
    )
    from samuel_gen.estimation_fitting.chord_tests import (
        compose_known_songs,
        load_real_songs,
        render_known_songs,
    )

    yield format_header()
    if real:
        yield from format_rows("real", list(load_real_songs(real)), default_systems())
    for name, unheard in (("", False), (" unheard", True)):
        for kind, make, count in (
            ("composed", compose_known_songs, composed),
            ("rendered", render_known_songs, rendered),
        ):
            if count:
                songs = list(make(count, seconds, unheard=unheard))
                yield from format_rows(kind + name, songs, default_systems())


if __name__ == "__main__":
    sys.exit(main())
