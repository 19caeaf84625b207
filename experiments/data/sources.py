"""How fast is each source encoded? Songs are rendered once and laid out as each source expects.

python experiments/data/sources.py
python experiments/data/sources.py --long      # memory for one song of a minute and of two hours
"""

import argparse
import csv
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import torch

from samuel_gen.corpus.song import render_song

ENCODE = [sys.executable, "-m", "samuel_gen.cli.encode"]
RATE = 44_100


def layouts(songs: int, seconds: float, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """A tree of each layout that holds the same songs, and the overrides that read it."""
    stems, pairs, musdb = folder / "stems", folder / "pairs", folder / "musdb"
    moises, mixes = folder / "moises" / "moisesdb_v0.1", folder / "mixes"
    rows = []
    for number in range(songs):
        song = render_song(5_000_000 + number, seconds=seconds)
        vocal, band = song.vocal.numpy().T, song.accompaniment.numpy().T
        name = f"song {number:03d}"
        _write(stems / name / "vocals.flac", vocal)
        _write(stems / name / "accompaniment.flac", band)
        _write(pairs / "vocals" / f"{name}.flac", vocal)
        _write(pairs / "bands" / f"{name}.flac", band)
        part = "test" if number % 5 == 0 else "train"
        for stem, sound in {"vocals": vocal, "drums": band / 2, "bass": band / 4}.items():
            _write(musdb / part / name / f"{stem}.wav", sound)
        _write(musdb / part / name / "other.wav", band / 4)
        _write(musdb / part / name / "mixture.wav", vocal + band)
        own = moises / str(uuid.UUID(int=number))
        tracks = {"vocals": vocal, "drums": band / 2, "bass": band / 2}
        for stem, sound in tracks.items():
            _write(own / stem / "track.wav", sound)
        about = [
            {"stemName": stem, "tracks": [{"id": "track", "extension": "wav"}]} for stem in tracks
        ]
        (own / "data.json").write_text(json.dumps({"song": name, "artist": "x", "stems": about}))
        _write(mixes / f"{name}.flac", vocal + band)
        rows.append((f"pairs/vocals/{name}.flac", f"pairs/bands/{name}.flac", name))
    with (folder / "songs.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("vocal", "accompaniment", "name"), *rows])
    yield "rendered", [f"source.songs={songs}", f"source.seconds={seconds}"]
    yield "stems_folder", [f"source.root={stems}"]
    yield "musdb18hq", [f"source.root={musdb}"]
    yield "moisesdb", [f"source.root={moises.parent}"]
    pair = [f"source.vocals={pairs / 'vocals'}", f"source.accompaniment={pairs / 'bands'}"]
    yield "paired_folders", pair
    yield "manifest", [f"source.path={folder / 'songs.csv'}"]
    yield "mixtures", [f"source.root={mixes}", f"source.separator.weights={_weights(folder)}"]


def measure(songs: int, seconds: float) -> None:
    """Encode each layout in a process of its own and print a table."""
    print("| source | songs | songs/s | hours of audio per hour | peak memory of a process, MB |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source, overrides in layouts(songs, seconds, folder):
            count = min(songs, 2) if source == "mixtures" else songs
            if source == "mixtures":  # Hybrid Demucs takes minutes for each
                for mix in sorted((folder / "mixes").iterdir())[count:]:
                    mix.unlink()
            output = folder / f"latents of {source}"
            speed, memory, length = _encoded(source, overrides, output)
            per_hour = speed * seconds
            print(
                f"| {source} | {count} | {speed:.2f} | {per_hour:.0f} | {memory:.0f} |", flush=True
            )
            assert length == count


def long_songs() -> None:
    """Peak memory of encoding one minute and two hours, as FLAC files."""
    print("| length | seconds to encode | peak memory, MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for minutes in (1, 120):
            folder = Path(name, f"{minutes} min", "song")
            song = render_song(7, seconds=60.0)
            for stem, sound in {"vocals": song.vocal, "accompaniment": song.accompaniment}.items():
                path = folder / f"{stem}.flac"
                path.parent.mkdir(parents=True, exist_ok=True)
                with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
                    for _ in range(minutes):
                        file.write(sound.numpy().T)
            began = time.monotonic()
            overrides = [f"source.root={folder.parent}", "workers=1"]
            _, memory, _ = _encoded("stems_folder", overrides, Path(name, f"out {minutes}"))
            took = time.monotonic() - began
            print(f"| {minutes} min | {took:.0f} | {memory:.0f} |", flush=True)


def _encoded(source: str, overrides: list[str], output: Path) -> tuple[float, float, int]:
    """Songs per second as the bar says, peak memory of one process in MB, and how many songs."""
    quoted = [f"{key}='{value}'" for key, _, value in (x.partition("=") for x in overrides)]
    done = subprocess.run(
        [*ENCODE, f"source={source}", *quoted, f"output='{output}'"],
        capture_output=True,
        text=True,
        env=None,
    )
    if done.returncode:
        sys.exit(done.stderr)
    speed = float(re.findall(r"([\d.]+) songs/s", done.stderr)[-1])
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return speed, memory, int(re.findall(r"(\d+) songs,", done.stdout)[-1])


def _weights(folder: Path) -> Path:
    """Hybrid Demucs with random weights: as slow as with the real ones."""
    from torchaudio.models import hdemucs_high

    torch.manual_seed(0)
    path = folder / "hdemucs.pt"
    torch.save(hdemucs_high(["drums", "bass", "other", "vocals"]).state_dict(), path)
    return path


def _write(path: Path, sound: "np.ndarray") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.5 * sound, RATE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=48.0)
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    long_songs() if arguments.long else measure(arguments.songs, arguments.seconds)
