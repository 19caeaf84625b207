"""What does length cost? Wall time and peak memory of whole commands, from 10 s to 30 minutes.

python experiments/sampling/cost.py demo/training/model.safetensors -o cost.png

Each length is run several times, in turn, so that a slow spell of the machine meets all of them.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import soundfile
from matplotlib.figure import Figure
from rich.progress import track

LENGTHS = (1.0, 10.0, 47.55, 180.0, 600.0, 1800.0)
UNIT = 47.55


def voices(folder: str, lengths: Sequence[float]) -> None:
    """One rendered voice, from its first note on, cut to each length."""
    from samuel_gen.corpus.song import render_song

    song = render_song(1_000_007, seconds=max(lengths) + 60)
    first = int((song.vocal.abs().amax(0) > 0.05).nonzero()[0])
    for length in lengths:
        sound = song.vocal[:, first : first + round(length * song.sample_rate)]
        soundfile.write(f"{folder}/{length}.wav", sound.T.numpy(), song.sample_rate)


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in MB of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: failed")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def main() -> None:
    """Render, run, tabulate, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lengths", type=float, nargs="+", default=LENGTHS)
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG")
    arguments = parser.parse_args()
    found: dict[float, list[tuple[float, float]]] = {length: [] for length in arguments.lengths}
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: what a child peaks at is never less than what its parent holds.
        maker = get_context("spawn").Process(target=voices, args=(folder, arguments.lengths))
        maker.start()
        maker.join()
        turns = [length for _ in range(arguments.repeats) for length in arguments.lengths]
        for length in track(turns):
            command = [sys.executable, "-m", "samuel_gen.cli.generate"]
            command += [f"{folder}/{length}.wav", "--checkpoint", arguments.checkpoint]
            found[length].append(run([*command, "-o", f"{folder}/out", "--overwrite"]))

    unit = statistics.median(seconds for seconds, _ in found.get(UNIT, found[arguments.lengths[0]]))
    print("| length | time, median (spread) | times that of 47.55 s | real-time factor | memory |")
    print("|---|---|---|---|---|")
    rows = []
    for length, runs in found.items():
        times = [seconds for seconds, _ in runs]
        median, memory = statistics.median(times), max(peak for _, peak in runs)
        rows.append((length, median, memory))
        spread = f"{min(times):.1f}-{max(times):.1f}"
        print(
            f"| {length:g} s | {median:.1f} s ({spread}) | {median / unit:.2f} "
            f"| {median / length:.3f} | {memory:.0f} MB |"
        )
    lengths, times, memories = zip(*rows, strict=True)
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, values, label in zip(
        figure.subplots(1, 2),
        (times, memories),
        ("seconds, all in", "peak memory, MB"),
        strict=True,
    ):
        axes.plot(lengths, values, marker="o")
        axes.set(xlabel="length of the take, s", ylabel=label, ylim=(0, None))
        axes.grid(alpha=0.3)
    figure.savefig(arguments.output, dpi=100)
    print(f"figure: {arguments.output}")


if __name__ == "__main__":
    main()
