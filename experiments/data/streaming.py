"""How fast crops come from a data set, and what memory they take, however many songs it has.

python experiments/data/streaming.py
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import torch

from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.data.encode.dataset import encode_dataset
from samuel_gen.data.load.datamodule import LatentDataModule
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.sources.rendered import RenderedSource

FRAMES, BATCH, REPEATS, BATCHES = 1024, 32, 5, 30


def repeated(dataset: LatentDataset, count: int, folder: Path) -> None:
    """A data set of so many songs, whose shards are the given one's, linked again and again."""
    folder.mkdir()
    songs, shards = [], []
    wanted = {"train": count, "validation": 1, "test": 1}
    for split, most in wanted.items():
        made = 0
        for turn in range(count):
            for shard in dataset.shards:
                mine = [s for s in dataset.split(split) if s.shard == shard.file][: most - made]
                if not mine:
                    continue
                name = f"{split}-{len(shards):05d}.safetensors"
                os.link(dataset.path / shard.file, folder / name)
                shards.append(replace(shard, file=name))
                songs += [replace(s, name=f"{s.name} {turn}", shard=name) for s in mine]
                made += len(mine)
            if made == most:
                break
    replace(dataset, path=folder, songs=tuple(songs), shards=tuple(shards)).save()


def stream(folder: Path, workers: int) -> dict[str, float]:
    """Start-up in seconds, crops per second, and the growth of this process's memory in MB."""
    torch.set_num_threads(1)
    before = _memory()
    began = time.perf_counter()
    data = LatentDataModule(folder, BATCH, FRAMES, num_workers=workers)
    data.setup()
    songs = len(data.latents.readers["train"].lengths)
    data.crops_per_song = max(8, (REPEATS * BATCHES + 1) * BATCH // songs + 1)
    loader = data.train_dataloader()
    batches = iter(loader)
    next(batches)
    start = time.perf_counter() - began
    speeds = _speeds(lambda: next(batches))
    return {"start": start, "memory": _memory() - before} | speeds


def load_all(folder: Path) -> dict[str, float]:
    """The same crops from arrays that numpy.load has read whole."""
    torch.set_num_threads(1)
    before = _memory()
    began = time.perf_counter()
    arrays = [np.load(folder / f"{name}.npy") for name in ("vocal", "accompaniment", "melody")]
    rng = np.random.default_rng(0)

    def batch() -> list[torch.Tensor]:
        places = [
            (rng.integers(len(arrays[0])), rng.integers(arrays[0].shape[1] - FRAMES + 1))
            for _ in range(BATCH)
        ]
        crops = [[array[s, at : at + FRAMES].T for s, at in places] for array in arrays]
        return [torch.from_numpy(np.stack(each).astype(np.float32)) for each in crops]

    batch()
    start = time.perf_counter() - began
    speeds = _speeds(batch)
    return {"start": start, "memory": _memory() - before} | speeds


def _memory() -> float:
    """What this process has resident, in MB, pages of mapped files included."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _speeds(batch: Callable[[], object]) -> dict[str, float]:
    speeds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        for _ in range(BATCHES):
            batch()
        speeds.append(BATCHES * BATCH / (time.perf_counter() - began))
    return {"median": median(speeds), "least": min(speeds), "most": max(speeds)}


def main(counts: list[int]) -> None:
    """Make the data sets, measure each in a process of its own, print the table."""
    print("| songs | way | start-up, s | crops/s: median (least to most) | memory grown by, MB |")
    print("|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = RenderedSource(songs=40, seconds=60.0)
        encode_dataset(source, SpectralCodec(), folder / "base", progress=False)
        base = LatentDataset.open(folder / "base")
        for count in counts:
            repeated(base, count, folder / str(count))
            ways = {f"stream, {n} threads": ("stream", str(n)) for n in (0, 1)}
            if count <= 1000:
                _save_arrays(base, count, folder / str(count))
                ways["numpy.load of everything"] = ("load_all", "0")
            for way, arguments in ways.items():
                command = [
                    sys.executable,
                    __file__,
                    "--measure",
                    *arguments,
                    str(folder / str(count)),
                ]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found = json.loads(done.stdout.splitlines()[-1])
                speed = "{median:.0f} ({least:.0f} to {most:.0f})".format(**found)
                row = (
                    f"| {count} | {way} | {found['start']:.2f} | {speed} | {found['memory']:.0f} |"
                )
                print(row, flush=True)


def _save_arrays(base: LatentDataset, count: int, folder: Path) -> None:
    songs = base.split("train")
    frames = min(song.frames for song in songs)
    for tensor in ("vocal", "accompaniment", "melody"):
        rows = [base.read_rows(song, tensor, 0, frames) for song in songs]
        np.save(folder / f"{tensor}.npy", np.stack([rows[n % len(rows)] for n in range(count)]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, nargs="+", default=[10, 1_000, 10_000])
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        way, threads, path = options.measure
        found = stream(Path(path), int(threads)) if way == "stream" else load_all(Path(path))
        print(json.dumps(found))
    else:
        main(options.songs)
