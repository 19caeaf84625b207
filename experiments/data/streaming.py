"""Speed and memory of reading crops from data sets of any number of songs.

How many crops per second does a data set give, and how much memory does it take? For comparison,
the same crops are cut from arrays that are in memory as a whole.

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


def write_repeated_dataset(dataset: LatentDataset, count: int, folder: Path) -> None:
    """Write a data set of `count` training songs whose shards are links to those of another.

    Args:
        dataset: the data set whose songs are repeated.
        count: the number of training songs.
        folder: the new folder.
    """
    folder.mkdir()
    songs, shards = [], []
    for split, wanted in {"train": count, "validation": 1, "test": 1}.items():
        written = 0
        for turn in range(count):
            for shard in dataset.shards:
                inside = [song for song in dataset.split(split) if song.shard == shard.file]
                inside = inside[: wanted - written]
                if not inside:
                    continue
                name = f"{split}-{len(shards):05d}.safetensors"
                os.link(dataset.path / shard.file, folder / name)
                shards.append(replace(shard, file=name))
                songs += [replace(song, name=f"{song.name} {turn}", shard=name) for song in inside]
                written += len(inside)
            if written == wanted:
                break
    replace(dataset, path=folder, songs=tuple(songs), shards=tuple(shards)).save()


def measure_stream(folder: Path, workers: int) -> dict[str, float]:
    """Measure crops that the data module reads.

    Args:
        folder: the data set.
        workers: the number of threads that read ahead.

    Returns:
        `start`: the time to the first batch in seconds; `memory`: the growth of the process in
        MB; `median`, `least` and `most`: crops per second.
    """
    torch.set_num_threads(1)
    before = _resident_memory()
    start = time.perf_counter()
    data = LatentDataModule(folder, BATCH, FRAMES, num_workers=workers)
    data.setup()
    songs = len(data.latents.readers["train"].lengths)
    data.crops_per_song = max(8, (REPEATS * BATCHES + 1) * BATCH // songs + 1)
    loader = data.train_dataloader()
    batches = iter(loader)
    next(batches)
    startup = time.perf_counter() - start
    speeds = _measure_speed(lambda: next(batches))
    return {"start": startup, "memory": _resident_memory() - before} | speeds


def measure_arrays(folder: Path) -> dict[str, float]:
    """Measure crops from arrays that numpy.load has read whole, as `measure_stream` does."""
    torch.set_num_threads(1)
    before = _resident_memory()
    start = time.perf_counter()
    arrays = [np.load(folder / f"{name}.npy") for name in ("vocal", "accompaniment", "melody")]
    rng = np.random.default_rng(0)

    def cut_batch() -> list[torch.Tensor]:
        places = [
            (rng.integers(len(arrays[0])), rng.integers(arrays[0].shape[1] - FRAMES + 1))
            for _ in range(BATCH)
        ]
        crops = [[array[song, at : at + FRAMES].T for song, at in places] for array in arrays]
        return [torch.from_numpy(np.stack(each).astype(np.float32)) for each in crops]

    cut_batch()
    startup = time.perf_counter() - start
    speeds = _measure_speed(cut_batch)
    return {"start": startup, "memory": _resident_memory() - before} | speeds


def _resident_memory() -> float:
    """Return the resident memory of this process in MB, pages of mapped files included."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _measure_speed(get_batch: Callable[[], object]) -> dict[str, float]:
    """Return median, least and most crops per second over several runs."""
    speeds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        for _ in range(BATCHES):
            get_batch()
        speeds.append(BATCHES * BATCH / (time.perf_counter() - start))
    return {"median": median(speeds), "least": min(speeds), "most": max(speeds)}


def measure_datasets(counts: list[int]) -> None:
    """Write a data set of each size, measure it each way and print the table."""
    print("| songs | way | start-up, s | crops/s: median (least to most) | memory grown by, MB |")
    print("|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = RenderedSource(songs=40, seconds=60.0)
        encode_dataset(source, SpectralCodec(), folder / "base", progress=False)
        base = LatentDataset.open(folder / "base")
        for count in counts:
            path = folder / str(count)
            write_repeated_dataset(base, count, path)
            ways = {f"stream, {n} threads": ("stream", str(n)) for n in (0, 1)}
            if count <= 1000:
                _save_arrays(base, count, path)
                ways["numpy.load of everything"] = ("arrays", "0")
            for way, arguments in ways.items():
                found = _measure_in_process(*arguments, str(path))
                speed = "{median:.0f} ({least:.0f} to {most:.0f})".format(**found)
                memory = f"{found['memory']:.0f}"
                print(
                    f"| {count} | {way} | {found['start']:.2f} | {speed} | {memory} |", flush=True
                )


def _measure_in_process(*arguments: str) -> dict[str, float]:
    """Run this script with `--measure` in a process of its own, and return its figures."""
    command = [sys.executable, __file__, "--measure", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _save_arrays(base: LatentDataset, count: int, folder: Path) -> None:
    """Write the tensors of `count` training songs, cut to one length, as files for numpy.load."""
    songs = base.split("train")
    frames = min(song.frames for song in songs)
    for tensor in ("vocal", "accompaniment", "melody"):
        rows = [base.read_rows(song, tensor, 0, frames) for song in songs]
        np.save(folder / f"{tensor}.npy", np.stack([rows[n % len(rows)] for n in range(count)]))


def main() -> None:
    """Measure all data sets or, in a process that this script started, a single one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--songs", type=int, nargs="+", default=[10, 1_000, 10_000], help="sizes of the data sets"
    )
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        way, workers, name = options.measure
        path = Path(name)
        found = measure_stream(path, int(workers)) if way == "stream" else measure_arrays(path)
        print(json.dumps(found))
    else:
        measure_datasets(options.songs)


if __name__ == "__main__":
    main()
