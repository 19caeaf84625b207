"""How long a user waits: for help, and for the first sound of a cold start."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from samuel_gen.benchmark.rows import Row
from samuel_gen.benchmark.sound import voice

_SECONDS = 10.0


def helps(repeats: int) -> list[Row]:
    """`--help` of every command, each in a new process."""
    modules = {
        point.name: point.value.partition(":")[0]
        for point in sorted(entry_points(group="console_scripts"), key=lambda each: each.name)
        if point.value.startswith("samuel_gen.")
    }
    found: dict[str, list[float]] = {name: [] for name in modules}
    for turn in range(repeats + 1):
        for name, module in modules.items():
            seconds = _run([sys.executable, "-m", module, "--help"])
            if turn:  # the first one fills the disk's cache
                found[name].append(seconds)
    return [Row("start", f"{name} --help", "s", runs) for name, runs in found.items()]


def first_sound(checkpoint: Path, repeats: int) -> list[Row]:
    """`samuel-generate`, cold: until its first step, and until 10 s of music are on the disk."""
    import soundfile

    steps, ends = [], []
    with tempfile.TemporaryDirectory() as folder:
        sung, rate = voice(_SECONDS)
        soundfile.write(f"{folder}/voice.wav", sung.T.numpy(), rate)
        command = [sys.executable, "-c", _WATCHED, f"{folder}/voice.wav"]
        command += ["--checkpoint", str(checkpoint), "-o", f"{folder}/out", "--overwrite"]
        for _ in range(repeats):
            began = time.time()
            ends.append(_run(command, {"SAMUEL_BENCH_STEP": f"{folder}/step"}))
            steps.append(float(Path(f"{folder}/step").read_text()) - began)
    return [
        Row("start", "samuel-generate, to its first step", "s", steps),
        Row("start", f"samuel-generate, {_SECONDS:g} s of music", "s", ends),
    ]


# The command itself, which writes down when the first step is begun.
_WATCHED = """
import os, time
from samuel_gen.cli import generate
from samuel_gen.generation.accompanist import stages

sample = stages.Stages.sample

def watched(self, *args, **kwargs):
    with open(os.environ["SAMUEL_BENCH_STEP"], "w") as file:
        file.write(str(time.time()))
    return sample(self, *args, **kwargs)

stages.Stages.sample = watched
generate.main()
"""


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> float:
    begin = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return time.perf_counter() - begin
