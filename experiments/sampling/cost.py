"""Time and memory of `samuel-generate` for vocals from 1 s to 30 minutes.

What does length cost? Whole commands are measured, their start-up included. The lengths take
turns, so that a slow spell of the machine affects all of them.

    python experiments/sampling/cost.py demo/training/model.safetensors -o cost.png
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import soundfile
from matplotlib.figure import Figure
from rich.progress import track

UNIT = 47.55  # s: the length that times are compared with
LENGTHS = (1.0, 10.0, UNIT, 180.0, 600.0, 1800.0)


class Run(NamedTuple):
    """One run of a command.

    Attributes:
        seconds: the wall-clock time.
        megabytes: the peak memory of the process.
    """

    seconds: float
    megabytes: float


def write_vocals(folder: str, lengths: Sequence[float]) -> None:
    """Render one vocal and write its beginning, from the first note on, in each length."""
    from samuel_gen.corpus.song import render_song

    song = render_song(1_000_007, seconds=max(lengths) + 60)
    first = int((song.vocal.abs().amax(0) > 0.05).nonzero()[0])
    for length in lengths:
        vocal = song.vocal[:, first : first + round(length * song.sample_rate)]
        soundfile.write(f"{folder}/{length}.wav", vocal.T.numpy(), song.sample_rate)


def run_command(command: list[str]) -> Run:
    """Run a command and measure it."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: failed")
    return Run(time.perf_counter() - start, usage.ru_maxrss / 1024)


def measure_lengths(
    checkpoint: str, lengths: Sequence[float], repeats: int
) -> dict[float, list[Run]]:
    """Generate from a vocal of each length in turn, and return the runs of each length."""
    runs: dict[float, list[Run]] = {length: [] for length in lengths}
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: a child's peak memory is never reported below its parent's.
        renderer = get_context("spawn").Process(target=write_vocals, args=(folder, lengths))
        renderer.start()
        renderer.join()
        for length in track([length for _ in range(repeats) for length in lengths]):
            command = [sys.executable, "-m", "samuel_gen.cli.generate"]
            command += [f"{folder}/{length}.wav", "--checkpoint", checkpoint]
            runs[length].append(run_command([*command, "-o", f"{folder}/out", "--overwrite"]))
    return runs


def print_table(runs: Mapping[float, Sequence[Run]]) -> None:
    """Print times and memory by length."""
    unit_runs = runs.get(UNIT, next(iter(runs.values())))
    unit = statistics.median(run.seconds for run in unit_runs)
    print("| length | time, median (spread) | times that of 47.55 s | real-time factor | memory |")
    print("|---|---|---|---|---|")
    for length, group in runs.items():
        times = [run.seconds for run in group]
        median, memory = statistics.median(times), max(run.megabytes for run in group)
        spread = f"{min(times):.1f}-{max(times):.1f}"
        print(
            f"| {length:g} s | {median:.1f} s ({spread}) | {median / unit:.2f} "
            f"| {median / length:.3f} | {memory:.0f} MB |"
        )


def draw(runs: Mapping[float, Sequence[Run]], path: Path) -> None:
    """Draw median time and peak memory against the length."""
    times = [statistics.median(run.seconds for run in group) for group in runs.values()]
    memory = [max(run.megabytes for run in group) for group in runs.values()]
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, values, label in (
        (left, times, "time with start-up, s"),
        (right, memory, "peak memory, MB"),
    ):
        axes.plot(list(runs), values, marker="o")
        axes.set(xlabel="length of the vocal, s", ylabel=label, ylim=(0, None))
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=100)


def main() -> None:
    """Measure, print the table and draw the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each length")
    parser.add_argument("--lengths", type=float, nargs="+", default=LENGTHS, help="in seconds")
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG file to write")
    arguments = parser.parse_args()
    runs = measure_lengths(arguments.checkpoint, arguments.lengths, arguments.repeats)
    print_table(runs)
    draw(runs, arguments.output)
    print(f"figure: {arguments.output}")


if __name__ == "__main__":
    main()
