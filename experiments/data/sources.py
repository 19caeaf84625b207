"""How fast is each source encoded? Songs are rendered once and laid out as each source expects.

python experiments/data/sources.py
python experiments/data/sources.py --long      # memory for one song of a minute and of two hours
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ENCODE = [sys.executable, "-m", "samuel_gen.cli.encode"]
RATE = 44_100


Layouts = list[tuple[str, list[str]]]


def elsewhere(made: Callable[..., Layouts], *arguments: object) -> Layouts:
    """What a process of its own gives: whoever is started by this one inherits its peak memory."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(made, *arguments).result()


def layouts(songs: int, seconds: float, folder: Path) -> Layouts:
    """A tree of each layout that holds the same songs, and the overrides that read it."""
    from samuel_gen.corpus.song import render_song

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
    for mix in sorted(mixes.iterdir())[2:]:  # Hybrid Demucs takes minutes for each
        mix.unlink()
    return [
        ("rendered", [f"source.songs={songs}", f"source.seconds={seconds}"]),
        ("stems_folder", [f"source.root={stems}"]),
        ("musdb18hq", [f"source.root={musdb}"]),
        ("moisesdb", [f"source.root={moises.parent}"]),
        (
            "paired_folders",
            [f"source.vocals={pairs / 'vocals'}", f"source.accompaniment={pairs / 'bands'}"],
        ),
        ("manifest", [f"source.path={folder / 'songs.csv'}"]),
        ("mixtures", [f"source.root={mixes}", f"source.separator.weights={_weights(folder)}"]),
    ]


def measure(songs: int, seconds: float) -> None:
    """Encode each layout in a process of its own and print a table."""
    print("| source | songs | songs/s | all in, s | peak memory of a process, MB |")
    print("|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source, overrides in elsewhere(layouts, songs, seconds, folder):
            began = time.monotonic()
            speed, memory, count = _encoded(source, overrides, folder / f"latents of {source}")
            took = time.monotonic() - began
            print(f"| {source} | {count} | {speed:.2f} | {took:.0f} | {memory:.0f} |", flush=True)


def long_songs() -> None:
    """Peak memory of encoding one minute and two hours, as FLAC files."""
    print("| length | all in, s | peak memory, MB |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for length, overrides in elsewhere(long_layouts, Path(name)):
            began = time.monotonic()
            _, memory, _ = _encoded("stems_folder", overrides, Path(name, f"out {length}"))
            print(f"| {length} | {time.monotonic() - began:.0f} | {memory:.0f} |", flush=True)


def long_layouts(folder: Path) -> Layouts:
    """A song of a minute, and the same minute again and again for two hours."""
    import soundfile

    from samuel_gen.corpus.song import render_song

    song = render_song(7, seconds=60.0)
    made = []
    for minutes in (1, 120):
        root = folder / f"{minutes} min"
        for stem, sound in {"vocals": song.vocal, "accompaniment": song.accompaniment}.items():
            path = root / "song" / f"{stem}.flac"
            path.parent.mkdir(parents=True, exist_ok=True)
            with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
                for _ in range(minutes):
                    file.write(sound.numpy().T)
        made.append((root.name, [f"source.root={root}", "workers=1"]))
    return made


def _encoded(source: str, overrides: list[str], output: Path) -> tuple[float, float, int]:
    """Songs per second as the bar says, peak memory of one process in MB, and how many songs."""
    pairs = [override.partition("=") for override in overrides]
    quoted = [f"{key}='{value}'" if "/" in value else f"{key}={value}" for key, _, value in pairs]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        command = [*ENCODE, f"source={source}", *quoted, f"output='{output}'"]
        process = subprocess.Popen(command, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)  # the usage of this one and its workers
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        said, bar = out.read(), err.read()
    if process.returncode:
        sys.exit(bar)
    speeds = re.findall(r"([\d.]+) songs/s", bar)  # none for a single song
    return (
        float(speeds[-1]) if speeds else 0.0,
        used.ru_maxrss / 1024,
        int(re.findall(r"(\d+) songs,", said)[-1]),
    )


def _weights(folder: Path) -> Path:
    """Hybrid Demucs with random weights: as slow as with the real ones."""
    import torch
    from torchaudio.models import hdemucs_high

    torch.manual_seed(0)
    path = folder / "hdemucs.pt"
    torch.save(hdemucs_high(["drums", "bass", "other", "vocals"]).state_dict(), path)
    return path


def _write(path: Path, sound: Any) -> None:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.5 * sound, RATE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=48.0)
    parser.add_argument("--long", action="store_true")
    arguments = parser.parse_args()
    long_songs() if arguments.long else measure(arguments.songs, arguments.seconds)
