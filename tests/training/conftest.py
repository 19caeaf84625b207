"""Fixtures: a module with a tiny network, a data module in memory, and a trainer for short runs."""

import csv
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.load.crop_datamodule import CropDataModule, OpenedLatents
from samuel_gen.data.load.reader import Place
from samuel_gen.diffusion.denoiser import Latents, Vocal
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.training.curves import Curves
from samuel_gen.training.lr_schedules import warmup_cosine
from samuel_gen.training.module import AccompanimentDiffusion
from samuel_gen.training.state_files import StateFiles

FRAMES = 48


class SongsInMemory:
    """Songs of constant latents; the accompaniment is the vocal, moved by one channel."""

    def __init__(self, songs: int) -> None:
        self.lengths = [FRAMES] * songs
        self.versions = [1] * songs
        chords = torch.randn(songs, 64, 1, generator=torch.Generator().manual_seed(5))
        self.vocals = chords.repeat(1, 1, FRAMES)

    def read(self, places: Sequence[Place], frames: int) -> tuple[Vocal, Latents]:
        cut = [self.vocals[place.song, :, place.start : place.stop] for place in places]
        vocal = torch.stack(cut)
        return Vocal.of(vocal, torch.zeros(len(cut), 14, frames)), vocal.roll(1, dims=1)

    def sung_share(self, place: Place) -> float:
        return 1.0


class MemoryData(CropDataModule):
    """Twelve crops of 16 frames per epoch by default, in batches of 6."""

    root = "memory"

    def __init__(self, songs: int = 6, **options: Any) -> None:
        self.songs = songs
        sizes = {"batch_size": 6, "crop_frames": 16, "crops_per_song": 2, "validation_crops": 1}
        super().__init__(**(sizes | {"num_workers": 0, "seed": 0, "min_sung_share": 0.0} | options))

    def open(self) -> OpenedLatents:
        normaliser = LatentNormaliser(torch.zeros(64), torch.ones(64))
        return OpenedLatents(
            CodecIdentity("framed", "0", 44100, 2048, 64),
            normaliser,
            normaliser,
            14,
            dict.fromkeys(("train", "validation", "test"), SongsInMemory(self.songs)),
        )


@pytest.fixture
def make_module(tiny_config) -> Callable[..., AccompanimentDiffusion]:
    from samuel_gen.build import build

    def make(denoiser=None, objective=None, **options) -> AccompanimentDiffusion:
        torch.manual_seed(0)
        return AccompanimentDiffusion(
            build(tiny_config) if denoiser is None else denoiser,
            cosine(),
            objective or Objective(),
            partial(torch.optim.AdamW, lr=1e-2),
            partial(warmup_cosine, warmup_steps=2),
            **options,
        )

    return make


@pytest.fixture
def make_data() -> type[MemoryData]:
    return MemoryData


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validate at one timestep only, and draw no plots."""
    monkeypatch.setattr("samuel_gen.training.module.VALIDATION_TIMESTEPS", 1)
    monkeypatch.setattr("samuel_gen.training.curves.plot_curves", lambda *_, **__: None)


@pytest.fixture
def read_curves() -> Callable[[Path], list[dict[str, str]]]:
    """A function that reads `curves.csv` without the figures that depend on the machine."""
    machine = ("train/items_per_second", "train/memory_gb")

    def read(folder: Path) -> list[dict[str, str]]:
        with open(folder / "curves.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        return [{name: value for name, value in row.items() if name not in machine} for row in rows]

    return read


@pytest.fixture
def data() -> MemoryData:
    return MemoryData()


@pytest.fixture
def make_trainer() -> Callable[..., L.Trainer]:
    def make(folder: Path, *more: Callback, epochs: int = 4, **options: Any) -> L.Trainer:
        return L.Trainer(
            **({"accelerator": "cpu", "max_epochs": epochs} | options),
            gradient_clip_val=1.0,
            num_sanity_val_steps=0,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            plugins=[StateFiles()],
            callbacks=[
                ModelCheckpoint(
                    folder / "checkpoints",
                    filename="best",
                    monitor="val/mse",
                    save_last=True,
                    save_on_train_epoch_end=True,
                    enable_version_counter=False,
                ),
                EMAWeightAveraging(decay=0.9, use_buffers=False),
                Curves(folder),
                *more,
            ],
        )

    return make
