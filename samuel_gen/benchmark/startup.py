"""The time to start: the help of every command, and the first sound of `samuel-generate`."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from samuel_gen.benchmark.material import render_vocal
from samuel_gen.benchmark.timing import Row

VOCAL_SECONDS = 10.0


def measure_help(repeats: int) -> list[Row]:
    """Measure `--help` of every command, each run in a new process.

    Args:
        repeats: number of timed runs of each.
    """
    modules = {
        point.name: point.value.partition(":")[0]
        for point in sorted(entry_points(group="console_scripts"), key=lambda each: each.name)
        if point.value.startswith("samuel_gen.")
    }
    found: dict[str, list[float]] = {name: [] for name in modules}
    for turn in range(repeats + 1):
        for name, module in modules.items():
            seconds = _time_command([sys.executable, "-m", module, "--help"])
            if turn:  # the first run fills the disk's cache
                found[name].append(seconds)
    return [Row("start", f"{name} --help", "s", runs) for name, runs in found.items()]


def measure_first_sound(checkpoint: Path, repeats: int) -> list[Row]:
    """Measure `samuel-generate` in a new process: until its first step and until all is written.

    Args:
        checkpoint: the checkpoint to generate with.
        repeats: number of timed runs.
    """
    import soundfile

    steps, ends = [], []
    with tempfile.TemporaryDirectory() as folder:
        vocal, rate = render_vocal(VOCAL_SECONDS)
        soundfile.write(f"{folder}/vocal.wav", vocal.T.numpy(), rate)
        command = [sys.executable, "-c", _GENERATE_AND_NOTE_FIRST_STEP, f"{folder}/vocal.wav"]
        command += ["--checkpoint", str(checkpoint), "-o", f"{folder}/out", "--overwrite"]
        for _ in range(repeats):
            start = time.time()
            ends.append(_time_command(command, {"SAMUEL_BENCH_STEP": f"{folder}/step"}))
            steps.append(float(Path(f"{folder}/step").read_text()) - start)
    return [
        Row("start", "samuel-generate, to its first step", "s", steps),
        Row("start", f"samuel-generate, {VOCAL_SECONDS:g} s of music", "s", ends),
    ]


# `samuel-generate`, which also writes the time at which sampling begins into a file.
_GENERATE_AND_NOTE_FIRST_STEP = """
import os, time
from samuel_gen.cli import generate
from samuel_gen.generation import stages

sample = stages.Stages.sample

def note_time_and_sample(self, *args, **kwargs):
    with open(os.environ["SAMUEL_BENCH_STEP"], "w") as file:
        file.write(str(time.time()))
    return sample(self, *args, **kwargs)

stages.Stages.sample = note_time_and_sample
generate.main()
"""


def _time_command(command: Sequence[str], environment: dict[str, str] | None = None) -> float:
    """Run a command to its end and return the seconds it took."""
    begin = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return time.perf_counter() - begin
