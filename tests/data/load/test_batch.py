import pytest
import torch

from samuel_gen.data.load.batch import LatentBatch, ValidationBatch
from samuel_gen.diffusion.denoiser import Vocal


def make_vocal():
    return Vocal.of(torch.zeros(2, 3, 9), torch.zeros(2, 14, 9))


@pytest.fixture
def batch():
    valid, index = torch.tensor([9, 4]), torch.tensor([7, 5])
    return ValidationBatch(make_vocal(), torch.ones(2, 3, 9), valid, index, 4, make_vocal())


def test_all_parts_move_together(batch):
    moved = batch.to("meta")
    vocals = [moved.vocal, moved.other_vocal]
    parts = [part for vocal in vocals for part in (vocal.latents, vocal.melody)]
    parts += [part for vocal in vocals for part in (vocal.latents_given, vocal.melody_given)]
    parts += [moved.accompaniment, moved.valid_frames, moved.index]
    assert all(part.device.type == "meta" for part in parts)
    assert type(moved) is type(batch) and moved.global_items == 4 and len(moved) == 2
    assert batch.valid_frames.tolist() == [9, 4]


def test_lightning_moves_a_batch(batch):
    from lightning.fabric.utilities.apply_func import move_data_to_device

    moved = move_data_to_device(batch, torch.device("meta"))
    assert isinstance(moved, LatentBatch) and moved.accompaniment.device.type == "meta"


@pytest.mark.gpu
def test_all_parts_are_pinned(batch):
    pinned = batch.pin_memory()
    assert pinned.accompaniment.is_pinned() and pinned.other_vocal.melody_given.is_pinned()
