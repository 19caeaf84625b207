"""Data modules of the tiny data set, and their batches."""

from pathlib import Path

import torch

from samuel_gen.data.load.batch import LatentBatch
from samuel_gen.data.load.crop_datamodule import CropDataModule
from samuel_gen.data.load.datamodule import LatentDataModule


def make_datamodule(path: Path, **options: object) -> LatentDataModule:
    settings = {"batch_size": 4, "crop_frames": 32, "min_sung_share": 0.0} | options
    datamodule = LatentDataModule(path, **settings)
    datamodule.setup()
    return datamodule


def read_epoch(datamodule: CropDataModule, epoch: int) -> list[LatentBatch]:
    loader = datamodule.train_dataloader()
    loader.sampler.set_epoch(epoch)
    return list(loader)


def are_equal(one: LatentBatch, other: LatentBatch) -> bool:
    return torch.equal(one.vocal.latents, other.vocal.latents) and torch.equal(
        one.accompaniment, other.accompaniment
    )
