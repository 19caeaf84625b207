"""Two processes on the CPU train like one process with twice the batch size."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.user import Folder

SMALL = (
    "model=tiny",
    "data.crop_frames=32",
    "data.crops_per_song=2",
    "trainer.max_epochs=2",
    "trainer.accelerator=cpu",
    "sampler.num_steps=2",
    "logger=none",
)
MACHINE = ("train/items_per_second", "train/memory_gb")


def run_in_two_processes(*overrides: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "samuel_gen.cli.train", *overrides],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_figures(path: Path) -> list[dict[str, float]]:
    with path.open() as file:
        rows = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]
    return [{k: v for k, v in row.items() if k not in MACHINE} for row in rows]


def test_two_processes_train_like_one_with_twice_the_batch(tmp_path: Path, monkeypatch) -> None:
    """The data are a folder of shards first, then chunks that litdata streams."""
    monkeypatch.setenv("MASTER_PORT", "29518")  # below the range of automatic ports
    songs = ("source=rendered", "source.songs=10", "source.seconds=6", "workers=1")
    user = Folder(tmp_path)
    user.does("samuel-encode", *songs, "output=shards")
    user.does("samuel-encode", *songs, "format=litdata", "output=chunks")
    disk = ("data=latents", "data.root=shards")
    user.does("samuel-train", *SMALL, *disk, "data.batch_size=6", "hydra.run.dir=one")
    one = read_figures(tmp_path / "one" / "curves.csv")
    assert len(one) == 2
    two = (*SMALL, "trainer=ddp", "trainer.devices=2", "data.batch_size=3")
    for data in (disk, ("data=stream", "data.root=chunks")):
        folder = tmp_path / data[0].replace("=", "-")
        run_dir = f"hydra.run.dir={folder.name}"
        output = run_in_two_processes(*two, *data, run_dir, folder=tmp_path)
        assert output.count("; the checkpoint (") == 1
        both = read_figures(folder / "curves.csv")
        for alone, together in zip(one, both, strict=True):
            assert together == pytest.approx(alone, rel=1e-4, abs=1e-5)
        assert (folder / "model.safetensors").exists()
        assert (folder / "samples" / "final" / "mix.wav").exists()
