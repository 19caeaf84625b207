"""Is every damaged byte found, and does a killed encode end with the same bytes?

python experiments/data/robustness.py damage --changes 200
python experiments/data/robustness.py kill --kills 20
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.progress import track

from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.verification import find_damage
from samuel_gen.errors import SamuelError

COMMAND = [sys.executable, "-m", "samuel_gen.cli.encode", "source=rendered", "source.seconds=8.0"]


def damage(changes: int) -> None:
    """Change single bits of a finished data set, one at a time, and count what is found."""
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "latents")
        subprocess.run([*COMMAND, "source.songs=40", f"output={path}"], check=True)
        dataset = LatentDataset.open(path)
        files = [*sorted(path.glob("*.safetensors")), path / "dataset.json"]
        sizes = [file.stat().st_size for file in files]
        found = named = of_songs = 0
        for _ in track(range(changes), "changing bytes"):
            file = chance.choices(files, sizes)[0]
            original = file.read_bytes()
            at = chance.randrange(len(original))
            changed = bytearray(original)
            changed[at] ^= 1 << chance.randrange(8)
            file.write_bytes(changed)
            owner = _owner(dataset, file, at)
            of_songs += owner is not None
            try:
                report = find_damage(path)
            except SamuelError as error:
                found += str(file) in str(error)
            else:
                found += [each.file for each in report] == [file]
                named += owner is not None and [each.song for each in report] == [owner]
            file.write_bytes(original)
        clean = find_damage(path) == []
    print(f"{len(files)} files, {sum(sizes) / 1e6:.1f} MB, whole in the end: {clean}")
    print(f"found {found} of {changes}; {named} of the {of_songs} within songs by the song's name")


def kill(kills: int) -> None:
    """Kill an encode again and again at random moments, then let it end and compare all bytes."""
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = Path(folder, "whole"), Path(folder, "broken")
        songs = f"source.songs={6 * kills}"
        began = time.monotonic()
        subprocess.run([*COMMAND, songs, f"output={whole}"], check=True)
        length = time.monotonic() - began
        done = []
        for _ in range(kills):
            process = subprocess.Popen(
                [*COMMAND, songs, f"output={broken}"],
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            target = _finished(broken) + chance.randrange(1, 6)
            while _finished(broken) < target and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.5))
            alive = process.poll() is None
            if alive:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            done.append((alive, _finished(broken)))
        if not (broken / "dataset.json").exists():
            subprocess.run([*COMMAND, songs, f"output={broken}"], check=True)
        same = _contents(whole) == _contents(broken)
    print(f"unbroken: {length:.0f} s; {sum(alive for alive, _ in done)} kills hit a running encode")
    print("songs finished after each kill:", *(count for _, count in done))
    print(f"the same bytes in the end: {same}")


def _owner(dataset: LatentDataset, file: Path, at: int) -> str | None:
    for song in dataset.songs:
        for tensor, start in song.offsets.items():
            if (
                song.shard == file.name
                and 0 <= at - start < 2 * dataset.width(tensor) * song.frames
            ):
                return song.name
    return None


def _finished(folder: Path) -> int:
    return len(list(folder.glob(".partial/*.safetensors")))


def _contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test", choices=["damage", "kill"])
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    arguments = parser.parse_args()
    damage(arguments.changes) if arguments.test == "damage" else kill(arguments.kills)
