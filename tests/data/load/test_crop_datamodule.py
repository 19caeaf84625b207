import random

import numpy as np
import pytest
import torch
from batches import are_equal, make_datamodule, read_epoch
from tiny_codec import TinyCodec

from samuel_gen.data import shards
from samuel_gen.data.load.crop_datamodule import CropDataModule
from samuel_gen.data.load.datamodule import LatentDataModule
from samuel_gen.errors import SamuelError


def test_a_data_module_without_open_cannot_be_made():
    class Incomplete(CropDataModule):
        pass

    with pytest.raises(TypeError, match="abstract method '?open"):
        Incomplete(
            batch_size=1,
            crop_frames=1,
            crops_per_song=1,
            validation_crops=1,
            num_workers=0,
            seed=0,
            min_sung_share=0.0,
        )


def test_same_seed_and_epoch_give_the_same_batches_another_epoch_others(dataset_path):
    one, twin = (read_epoch(make_datamodule(dataset_path), 3) for _ in range(2))
    assert all(are_equal(a, b) for a, b in zip(one, twin, strict=True))
    for options, epoch in (({}, 4), ({"seed": 1}, 3)):
        other = read_epoch(make_datamodule(dataset_path, **options), epoch)
        assert not all(are_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_resumed_run_sees_exactly_the_same_batches(dataset_path):
    """Other random draws do not matter, nor does it that the first epochs were not loaded."""
    datamodule = make_datamodule(dataset_path)
    unbroken = [read_epoch(datamodule, epoch) for epoch in range(3)]
    torch.manual_seed(99)
    random.seed(99)
    np.random.seed(99)
    resumed = read_epoch(make_datamodule(dataset_path, num_workers=2), 2)
    assert all(are_equal(a, b) for a, b in zip(unbroken[2], resumed, strict=True))


def test_loading_leaves_the_global_generators_alone(dataset_path):
    """Except Python's own, from which the type checks of these tests draw."""
    torch.manual_seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    read_epoch(make_datamodule(dataset_path), 0)
    list(make_datamodule(dataset_path).val_dataloader())
    after = torch.get_rng_state(), np.random.get_state()[1].tolist()
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:]


def test_validation_is_the_same_every_time_and_covers_its_songs(dataset, dataset_path):
    datamodule = make_datamodule(dataset_path, validation_crops=2)
    one, twin = (list(datamodule.val_dataloader()) for _ in range(2))
    assert all(are_equal(a, b) for a, b in zip(one, twin, strict=True))
    assert [index for batch in one for index in batch.index.tolist()] == list(
        range(sum(len(batch) for batch in one))
    )
    songs = {place.song for place in datamodule.val_dataloader().batches.places}
    assert songs == set(range(len(dataset.split("validation"))))
    assert len(list(datamodule.test_dataloader())) > 0


def test_short_songs_are_padded_with_zeros(dataset_path):
    datamodule = make_datamodule(dataset_path, crop_frames=70, batch_size=16, crops_per_song=1)
    lengths = datamodule.latents.readers["train"].lengths
    assert min(lengths) < 70 < max(lengths)
    for epoch in range(3):  # the memory of earlier epochs is reused
        (batch,) = read_epoch(datamodule, epoch)
        expected = sorted(min(70, length) for length in lengths)
        assert sorted(batch.valid_frames.tolist()) == expected
        for item, valid in enumerate(batch.valid_frames.tolist()):
            for part in (batch.vocal.latents, batch.vocal.melody, batch.accompaniment):
                assert part.shape[-1] == 70
                assert part[item, :, valid:].abs().sum() == 0
                assert part[item, :, :valid].abs().sum() > 0


def test_no_crop_is_left_out(dataset_path):
    songs = len(make_datamodule(dataset_path).latents.readers["train"].lengths)
    for size in (songs - 1, songs, songs + 5):
        batches = read_epoch(make_datamodule(dataset_path, batch_size=size, crops_per_song=1), 0)
        items = [index for batch in batches for index in batch.index.tolist()]
        assert sorted(items) == list(range(songs))


def test_codec_and_sizes_are_those_of_the_data_set(dataset_path, codec):
    datamodule = make_datamodule(dataset_path)
    assert datamodule.codec_identity == codec.identity
    assert datamodule.latent_channels == 6 and datamodule.melody_features == 14
    with pytest.raises(RuntimeError, match="setup"):
        _ = LatentDataModule(dataset_path).codec_identity


def test_opening_reads_no_shard(dataset_path):
    datamodule = make_datamodule(dataset_path)
    before = shards._open_shard.cache_info()
    datamodule.train_dataloader()
    assert shards._open_shard.cache_info() == before


def test_a_training_state_of_another_codec_is_refused(dataset_path):
    datamodule = make_datamodule(dataset_path)
    saved = datamodule.state_dict()
    datamodule.load_state_dict(saved)
    saved["codec"] = TinyCodec(name="other").identity.to_dict()
    with pytest.raises(SamuelError, match="trained on latents of another codec .*other"):
        datamodule.load_state_dict(saved)


def test_wrong_settings_and_empty_splits_are_refused(dataset_path):
    with pytest.raises(SamuelError, match="data.crop_frames=0"):
        LatentDataModule(dataset_path, crop_frames=0)
    with pytest.raises(SamuelError, match="data.min_sung_share=1.5"):
        LatentDataModule(dataset_path, min_sung_share=1.5)
    empty = make_datamodule(dataset_path)
    empty.latents.readers["validation"].lengths = []
    with pytest.raises(SamuelError, match="validation split holds no song"):
        empty.val_dataloader()
