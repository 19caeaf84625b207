"""Robustness of data sets against changed bytes and against killed encoders.

Is every changed byte found? Does an encode that was killed many times end with the same bytes as
one that ran through?

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

from samuel_gen.data.description import DESCRIPTION
from samuel_gen.data.encode.folder import PARTIAL
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.verification import find_damage
from samuel_gen.errors import SamuelError

COMMAND = [sys.executable, "-m", "samuel_gen.cli.encode", "source=rendered", "source.seconds=8.0"]


def measure_damage(changes: int) -> None:
    """Flip single bits of a finished data set, one at a time, and count those that are found."""
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "latents")
        subprocess.run([*COMMAND, "source.songs=40", f"output={path}"], check=True)
        dataset = LatentDataset.open(path)
        files = [*sorted(path.glob("*.safetensors")), path / DESCRIPTION]
        sizes = [file.stat().st_size for file in files]
        found = named = in_songs = 0
        for _ in track(range(changes), "changing bytes"):
            file = rng.choices(files, sizes)[0]
            original = file.read_bytes()
            position = rng.randrange(len(original))
            changed = bytearray(original)
            changed[position] ^= 1 << rng.randrange(8)
            file.write_bytes(changed)
            song = _find_song(dataset, file, position)
            in_songs += song is not None
            try:
                damage = find_damage(path)
            except SamuelError as error:
                found += str(file) in str(error)
            else:
                found += [each.file for each in damage] == [file]
                named += song is not None and [each.song for each in damage] == [song]
            file.write_bytes(original)
        is_whole = find_damage(path) == []
    print(f"{len(files)} files, {sum(sizes) / 1e6:.1f} MB, whole in the end: {is_whole}")
    print(f"found {found} of {changes}; {named} of the {in_songs} within songs by the song's name")


def measure_kills(kills: int) -> None:
    """Kill an encode repeatedly at random moments, then let it end and compare all bytes."""
    rng = random.Random(0)
    songs = f"source.songs={6 * kills}"
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder, "whole"), Path(folder, "killed")
        start = time.monotonic()
        subprocess.run([*COMMAND, songs, f"output={whole}"], check=True)
        seconds = time.monotonic() - start
        hits = 0
        counts = []
        for _ in range(kills):
            hits += _kill_encode([*COMMAND, songs, f"output={killed}"], killed, rng)
            counts.append(_count_finished(killed))
        if not (killed / DESCRIPTION).exists():
            subprocess.run([*COMMAND, songs, f"output={killed}"], check=True)
        is_equal = _read_all(whole) == _read_all(killed)
    print(f"unbroken: {seconds:.0f} s; {hits} kills hit a running encode")
    print("songs finished after each kill:", *counts)
    print(f"the same bytes in the end: {is_equal}")


def _kill_encode(command: list[str], output: Path, rng: random.Random) -> bool:
    """Start an encode and kill it after a few songs; return False if it ended before."""
    process = subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    target = _count_finished(output) + rng.randrange(1, 6)
    while _count_finished(output) < target and process.poll() is None:
        time.sleep(0.01)
    time.sleep(rng.uniform(0, 0.5))
    is_running = process.poll() is None
    if is_running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return is_running


def _find_song(dataset: LatentDataset, file: Path, position: int) -> str | None:
    """Return the name of the song that owns a byte of a file; None for headers."""
    for song in dataset.songs:
        for tensor, start in song.offsets.items():
            size = 2 * dataset.width(tensor) * song.frames
            if song.shard == file.name and 0 <= position - start < size:
                return song.name
    return None


def _count_finished(folder: Path) -> int:
    """Count the songs that an unfinished encode has written."""
    return len(list(folder.glob(f"{PARTIAL}/*.safetensors")))


def _read_all(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files below a folder, by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def main() -> None:
    """Run one of the two tests."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("test", choices=["damage", "kill"])
    parser.add_argument("--changes", type=int, default=200, help="number of flipped bits")
    parser.add_argument("--kills", type=int, default=20, help="number of kills")
    arguments = parser.parse_args()
    if arguments.test == "damage":
        measure_damage(arguments.changes)
    else:
        measure_kills(arguments.kills)


if __name__ == "__main__":
    main()
