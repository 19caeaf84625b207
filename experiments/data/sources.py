"""Speed and memory of encoding from each source.

How many songs per second are encoded? The same rendered songs are laid out as each source expects.

    python experiments/data/sources.py
    python experiments/data/sources.py --long    # memory for a song of a minute and of two hours
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
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ENCODE = [sys.executable, "-m", "samuel_gen.cli.encode"]
RATE = 44_100

Layouts = list[tuple[str, list[str]]]  # name and overrides of samuel-encode


def call_in_process(function: Callable[..., Layouts], *arguments: object) -> Layouts:
    """Call a function in a process of its own.

    This process must stay small: the peak memory of a child is never reported below its parent's.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def write_layouts(songs: int, seconds: float, folder: Path) -> Layouts:
    """Write the same songs in the layout of each source; return the overrides that read them."""
    from samuel_gen.corpus.song import render_song

    stems, pairs, musdb = folder / "stems", folder / "pairs", folder / "musdb"
    moises, mixes = folder / "moises" / "moisesdb_v0.1", folder / "mixes"
    rows = []
    for number in range(songs):
        song = render_song(5_000_000 + number, seconds=seconds)
        vocal, accompaniment = song.vocal.numpy().T, song.accompaniment.numpy().T
        half, quarter = accompaniment / 2, accompaniment / 4
        name = f"song {number:03d}"
        _write(stems / name / "vocals.flac", vocal)
        _write(stems / name / "accompaniment.flac", accompaniment)
        _write(pairs / "vocals" / f"{name}.flac", vocal)
        _write(pairs / "accompaniments" / f"{name}.flac", accompaniment)
        split = "test" if number % 5 == 0 else "train"
        for stem, sound in {"vocals": vocal, "drums": half, "bass": quarter}.items():
            _write(musdb / split / name / f"{stem}.wav", sound)
        _write(musdb / split / name / "other.wav", quarter)
        _write(musdb / split / name / "mixture.wav", vocal + accompaniment)
        parts = {"vocals": vocal, "drums": half, "bass": half}
        _write_moisesdb_song(moises / str(uuid.UUID(int=number)), name, parts)
        _write(mixes / f"{name}.flac", vocal + accompaniment)
        rows.append((f"pairs/vocals/{name}.flac", f"pairs/accompaniments/{name}.flac", name))
    with (folder / "songs.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("vocal", "accompaniment", "name"), *rows])
    weights = _write_weights(folder)
    for mix in sorted(mixes.iterdir())[2:]:  # Hybrid Demucs needs minutes for each
        mix.unlink()
    return [
        ("rendered", [f"source.songs={songs}", f"source.seconds={seconds}"]),
        ("stems_folder", [f"source.root={stems}"]),
        ("musdb18hq", [f"source.root={musdb}"]),
        ("moisesdb", [f"source.root={moises.parent}"]),
        (
            "paired_folders",
            [
                f"source.vocals={pairs / 'vocals'}",
                f"source.accompaniment={pairs / 'accompaniments'}",
            ],
        ),
        ("manifest", [f"source.path={folder / 'songs.csv'}"]),
        (
            "mixtures",
            [f"source.root={mixes}", f"source.separator.weights={weights}"],
        ),
    ]


def measure_sources(songs: int, seconds: float) -> None:
    """Encode each layout in a process of its own and print a table."""
    print("| source | songs | songs/s | all in, s | peak memory of a process, MB |")
    print("|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source, overrides in call_in_process(write_layouts, songs, seconds, folder):
            start = time.monotonic()
            speed, memory, count = _encode(source, overrides, folder / f"latents of {source}")
            took = time.monotonic() - start
            print(f"| {source} | {count} | {speed:.2f} | {took:.0f} | {memory:.0f} |", flush=True)


def measure_long_songs() -> None:
    """Encode songs of one minute and of two hours and print a table."""
    print("| length | all in, s | peak memory, MB |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for length, overrides in call_in_process(write_long_songs, Path(name)):
            start = time.monotonic()
            _, memory, _ = _encode("stems_folder", overrides, Path(name, f"out {length}"))
            print(f"| {length} | {time.monotonic() - start:.0f} | {memory:.0f} |", flush=True)


def write_long_songs(folder: Path) -> Layouts:
    """Write a song of a minute as FLAC, and a song that repeats this minute for two hours."""
    import soundfile

    from samuel_gen.corpus.song import render_song

    song = render_song(7, seconds=60.0)
    layouts = []
    for minutes in (1, 120):
        root = folder / f"{minutes} min"
        for stem, sound in {"vocals": song.vocal, "accompaniment": song.accompaniment}.items():
            path = root / "song" / f"{stem}.flac"
            path.parent.mkdir(parents=True, exist_ok=True)
            with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
                for _ in range(minutes):
                    file.write(sound.numpy().T)
        layouts.append((root.name, [f"source.root={root}", "workers=1"]))
    return layouts


def _encode(source: str, overrides: list[str], output: Path) -> tuple[float, float, int]:
    """Encode a source with `samuel-encode`.

    Returns:
        songs per second as the progress bar reports it (0 for a single song), the peak memory of
        one process in MB, and the number of songs.
    """
    pairs = [override.partition("=") for override in overrides]
    quoted = [f"{key}='{value}'" if "/" in value else f"{key}={value}" for key, _, value in pairs]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        command = [*ENCODE, f"source={source}", *quoted, f"output='{output}'"]
        process = subprocess.Popen(command, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)  # of the process and its workers
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        summary, bar = out.read(), err.read()
    if process.returncode:
        sys.exit(bar)
    speeds = re.findall(r"([\d.]+) songs/s", bar)  # none for a single song
    return (
        float(speeds[-1]) if speeds else 0.0,
        usage.ru_maxrss / 1024,
        int(re.findall(r"(\d+) songs,", summary)[-1]),
    )


def _write_moisesdb_song(folder: Path, name: str, stems: Mapping[str, Any]) -> None:
    """Write a song as MoisesDB does: a folder for each stem, and a description."""
    for stem, sound in stems.items():
        _write(folder / stem / "track.wav", sound)
    tracks = [{"id": "track", "extension": "wav"}]
    about = [{"stemName": stem, "tracks": tracks} for stem in stems]
    (folder / "data.json").write_text(json.dumps({"song": name, "artist": "x", "stems": about}))


def _write_weights(folder: Path) -> Path:
    """Write random weights of Hybrid Demucs, which is as slow with them as with the real ones."""
    import torch
    from torchaudio.models import hdemucs_high

    torch.manual_seed(0)
    path = folder / "hdemucs.pt"
    torch.save(hdemucs_high(["drums", "bass", "other", "vocals"]).state_dict(), path)
    return path


def _write(path: Path, sound: Any) -> None:
    """Write a sound of shape (samples, channels), halved so that no sum clips."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.5 * sound, RATE)


def main() -> None:
    """Measure all sources or, with `--long`, long songs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--songs", type=int, default=20, help="songs of each source")
    parser.add_argument("--seconds", type=float, default=48.0, help="length of each song")
    parser.add_argument("--long", action="store_true", help="measure long songs instead")
    arguments = parser.parse_args()
    if arguments.long:
        measure_long_songs()
    else:
        measure_sources(arguments.songs, arguments.seconds)


if __name__ == "__main__":
    main()
