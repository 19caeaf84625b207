"""A data module in memory and a run of a few steps, for tests of the training itself."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint
from torch.utils.data import DataLoader

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.batch import LatentBatch
from samuel_gen.data.crops import CropSampler, RandomCrops, WindowCrops
from samuel_gen.data.shards import LatentSlice
from samuel_gen.diffusion.objective import Objective
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.training.curves import Curves
from samuel_gen.training.lr_schedules import warmup_cosine
from samuel_gen.training.module import AccompanimentDiffusion


class SongsInMemory:
    """Six songs of one long chord each, which the band takes from the vocal."""

    lengths = [48] * 6

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(5)
        chords = torch.randn(6, 64, 1, generator=generator)
        self.vocals = [chord.repeat(1, 48) for chord in chords]
        self.bands = [vocal.roll(1, dims=0) for vocal in self.vocals]

    def read(self, song: int, start: int, stop: int) -> LatentSlice:
        melody = torch.zeros(14, stop - start)
        return LatentSlice(
            self.vocals[song][:, start:stop], self.bands[song][:, start:stop], melody
        )


class MemoryData(L.LightningDataModule):
    codec_identity = CodecIdentity("framed", "0", 44100, 2048, 64)
    vocal_normaliser = accompaniment_normaliser = LatentNormaliser(torch.zeros(64), torch.ones(64))
    root = "memory"

    def train_dataloader(self) -> DataLoader:
        crops = RandomCrops(SongsInMemory(), 16, 2)
        return self._loader(crops, sampler=CropSampler(crops, num_replicas=1, rank=0))

    def val_dataloader(self) -> DataLoader:
        return self._loader(WindowCrops(SongsInMemory(), 16, 2))

    def _loader(self, crops, **options) -> DataLoader:
        collate = partial(LatentBatch.of, frames=16)
        return DataLoader(crops, batch_size=6, collate_fn=collate, **options)


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
def data() -> MemoryData:
    return MemoryData()


@pytest.fixture
def make_trainer() -> Callable[..., L.Trainer]:
    def make(folder: Path, *more: Callback, epochs: int = 4) -> L.Trainer:
        return L.Trainer(
            accelerator="cpu",
            max_epochs=epochs,
            gradient_clip_val=1.0,
            num_sanity_val_steps=0,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[
                ModelCheckpoint(
                    folder / "checkpoints",
                    filename="best",
                    monitor="val/mse",
                    save_last=True,
                    save_on_train_epoch_end=True,
                ),
                EMAWeightAveraging(decay=0.9, use_buffers=False),
                Curves(folder),
                *more,
            ],
        )

    return make
