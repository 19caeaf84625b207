"""Trainings and generations that start at once on an empty cache, compared with one alone.

python experiments/robustness/at_once.py --processes 3
"""

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
from safetensors.torch import load_file

TRAIN = [
    *(sys.executable, "-m", "samuel_gen.cli.train", "experiment=smoke", "source.seconds=6.0"),
    *("data.crop_frames=32", "sampler.num_steps=1"),
]
GENERATE = [
    *(sys.executable, "-m", "samuel_gen.cli.generate", "take.wav", "sampler.num_steps=2"),
]


def run_at_once(commands: list[list[str]], folder: Path, cache: Path) -> None:
    """Run commands at the same time with one cache; fail if one of them fails."""
    own = {"SAMUEL_CACHE": str(cache), "XDG_CACHE_HOME": str(cache), "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            command, cwd=folder, env=os.environ | own, stdout=subprocess.DEVNULL, stderr=None
        )
        for command in commands
    ]
    assert [process.wait() for process in running] == [0] * len(running)


def digest(path: Path) -> str:
    """Return the SHA-256 of a sound file, or of the weights of a checkpoint."""
    if path.suffix == ".wav":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    weights = load_file(path)
    values = b"".join(weights[name].numpy().tobytes() for name in sorted(weights))
    return hashlib.sha256(values).hexdigest()


def main() -> None:
    """Print how many results equal that of a process alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=3, help="processes at once")
    count = parser.parse_args().processes
    with TemporaryDirectory() as name:
        folder = Path(name)
        time = np.arange(4 * 44_100) / 44_100
        sung = 0.3 * np.sin(2 * np.pi * 220 * time) * np.minimum(1, 4 * np.sin(3 * time) ** 2)
        soundfile.write(folder / "take.wav", sung, 44_100)
        run_at_once([[*TRAIN, "hydra.run.dir=alone"]], folder, folder / "cache_alone")
        run_at_once([[*GENERATE, "-o", "alone_music"]], folder, folder / "cache_alone")
        many = [[*TRAIN, f"hydra.run.dir=run{n}"] for n in range(count)]
        many += [[*GENERATE, "-o", f"music{n}"] for n in range(count)]
        run_at_once(many, folder, folder / "cache")
        weights = digest(folder / "alone/model.safetensors")
        music = digest(folder / "alone_music/mix.wav")
        runs = sum(digest(folder / f"run{n}/model.safetensors") == weights for n in range(count))
        mixes = sum(digest(folder / f"music{n}/mix.wav") == music for n in range(count))
    print(f"{count} trainings at once: {runs} equal the one alone")
    print(f"{count} generations at once: {mixes} equal the one alone")


if __name__ == "__main__":
    main()
