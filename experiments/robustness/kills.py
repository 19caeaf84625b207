"""Trainings that are killed at random moments and resumed end with the bytes of an unbroken one.

python experiments/robustness/kills.py --kills 20
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors.torch import load_file

TRAIN = [sys.executable, "-m", "samuel_gen.cli.train"]
RECIPE = [
    *("experiment=smoke", "source.seconds=6.0", "data.crop_frames=32", "seed=1"),
    *("callbacks.keep_last.minutes=0.005", "callbacks.early_stopping.patience=1000"),
    *("trainer.max_epochs=60", "callbacks.samples.every_n_epochs=0", "sampler.num_steps=1"),
]


def train(run: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a training, or resume the one whose training state is in the folder."""
    state = run / "checkpoints" / "last.ckpt"
    words = [f"ckpt={state}"] if state.exists() else [*RECIPE, f"hydra.run.dir={run}"]
    return subprocess.Popen(
        [*TRAIN, *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def find_phase(run: Path) -> str:
    """Tell what a training has left behind so far."""
    state = run / "checkpoints" / "last.ckpt"
    partial = any(run.rglob(".*.partial"))
    if (run / "model.safetensors").exists():
        return "release"
    if partial:
        return "writing a file"
    return "between training states" if state.exists() else "before the first training state"


def digest(run: Path) -> str:
    """Return the SHA-256 of the weights of a finished run."""
    weights = load_file(run / "model.safetensors")
    return hashlib.sha256(
        b"".join(name.encode() + weights[name].numpy().tobytes() for name in sorted(weights))
    ).hexdigest()


def main() -> None:
    """Print a table of the kills by phase, and whether the weights are equal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="the number of kills")
    parser.add_argument("--longest", type=float, default=30.0, help="seconds until a kill")
    arguments = parser.parse_args()
    rng = random.Random(0)
    with TemporaryDirectory() as folder:
        environment = os.environ | {"SAMUEL_CACHE": f"{folder}/cache", "OMP_NUM_THREADS": "1"}
        whole, killed = Path(folder, "whole"), Path(folder, "killed")
        start = time.monotonic()
        assert train(whole, environment).wait() == 0
        seconds = time.monotonic() - start
        phases: Counter[str] = Counter()
        for _ in range(arguments.kills):
            if (killed / "model.safetensors").exists():
                break
            process = train(killed, environment)
            time.sleep(rng.uniform(1.0, arguments.longest))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
                phases[find_phase(killed)] += 1
                print(f"{sum(phases.values())}: {find_phase(killed)}", file=sys.stderr, flush=True)
        while not (killed / "model.safetensors").exists():
            assert train(killed, environment).wait() == 0
        is_equal = digest(whole) == digest(killed)
    print("| phase | kills |\n|---|---|")
    for phase, count in phases.items():
        print(f"| {phase} | {count} |")
    print(f"unbroken: {seconds:.0f} s; {sum(phases.values())} kills; equal weights: {is_equal}")


if __name__ == "__main__":
    main()
