import pickle
import random
from collections import Counter

import numpy as np
import pytest
import torch
from tiny_codec import TinyCodec
from tiny_songs import TinySong, TinySource

from samuel_gen.data.batch import LatentBatch
from samuel_gen.data.crops import CropSampler, RandomCrops, WindowCrops
from samuel_gen.data.datamodule import LatentDataModule
from samuel_gen.data.encoding import encode_dataset
from samuel_gen.data.shards import LatentSlice
from samuel_gen.errors import SamuelError


class Ramp:
    """Latents that say where they come from: song in channel 0, frame in channel 1."""

    def __init__(self, lengths):
        self.lengths = lengths

    def read(self, song, start, stop):
        frames = torch.arange(start, stop).float()
        latents = torch.stack([torch.full_like(frames, song), frames])
        return LatentSlice(latents, -latents, frames[None])


def module(path, **options):
    made = LatentDataModule(path, **{"batch_size": 4, "crop_frames": 32} | options)
    made.setup()
    return made


def epoch_of(datamodule, epoch):
    loader = datamodule.train_dataloader()
    loader.sampler.set_epoch(epoch)
    return list(loader)


def same(one, other):
    return torch.equal(one.vocal.latents, other.vocal.latents) and torch.equal(
        one.accompaniment, other.accompaniment
    )


def test_crops_equal_the_stored_arrays(dataset):
    for song in dataset.songs:
        whole = dataset.read(song)
        part = dataset.read(song, 5, 37)
        assert whole.frames == song.frames and part.frames == 32
        for kind in ("vocal", "accompaniment", "melody"):
            assert torch.equal(getattr(part, kind), getattr(whole, kind)[:, 5:37])


def test_a_training_batch_is_normalised_crops(dataset, dataset_path):
    datamodule = module(dataset_path)
    loader = datamodule.train_dataloader()
    crops = loader.dataset
    batch = next(iter(loader))
    for item, index in enumerate(list(loader.sampler)[:4]):
        song, start = crops.place(index)
        raw = dataset.read(dataset.split("train")[song], start, start + 32)
        torch.testing.assert_close(
            batch.vocal.latents[item], datamodule.vocal_normaliser.normalise(raw.vocal)
        )
        torch.testing.assert_close(
            batch.accompaniment[item],
            datamodule.accompaniment_normaliser.normalise(raw.accompaniment),
        )
        assert torch.equal(batch.vocal.melody[item], raw.melody)
    assert batch.vocal.latents.dtype == batch.accompaniment.dtype == torch.float32
    assert batch.vocal.latents_given.all() and batch.vocal.melody_given.all()


def test_normalised_training_latents_have_variance_one(dataset, dataset_path):
    """On average over channels; that is what the normaliser promises."""
    normaliser = module(dataset_path).accompaniment_normaliser
    latents = torch.cat([dataset.read(s).accompaniment for s in dataset.split("train")], 1)
    normal = normaliser.normalise(latents)
    assert normal.mean(1).abs().max() < 1e-3
    assert float(normal.var(1).mean()) == pytest.approx(1, abs=0.01)


def test_every_song_as_often_as_every_other_in_each_epoch():
    crops = RandomCrops(Ramp([50, 60, 70, 20, 33]), crop_frames=32, crops_per_song=3)
    for epoch in range(3):
        sampler = CropSampler(crops, num_replicas=1, rank=0)
        sampler.set_epoch(epoch)
        assert Counter(crops.place(index)[0] for index in sampler) == dict.fromkeys(range(5), 3)


def test_crops_lie_anywhere_inside_their_song():
    crops = RandomCrops(Ramp([40]), crop_frames=32, crops_per_song=400)
    starts = Counter(crops.place(index)[1] for index in range(400))
    assert set(starts) == set(range(9))
    assert all(crops[index].frames == 32 for index in range(20))


def test_same_seed_and_epoch_same_batches_another_epoch_others(dataset_path):
    one, twin = epoch_of(module(dataset_path), 3), epoch_of(module(dataset_path), 3)
    assert all(same(a, b) for a, b in zip(one, twin, strict=True))
    assert not all(same(a, b) for a, b in zip(one, epoch_of(module(dataset_path), 4), strict=True))
    assert not all(
        same(a, b) for a, b in zip(one, epoch_of(module(dataset_path, seed=1), 3), strict=True)
    )


def test_epochs_differ_in_places_not_only_in_order():
    crops = RandomCrops(Ramp([500] * 4), crop_frames=32, crops_per_song=8)
    places = [sorted(crops.place(epoch * len(crops) + i) for i in range(32)) for epoch in (0, 1)]
    assert places[0] != places[1]


def test_a_resumed_run_sees_the_very_same_batches(dataset_path):
    """Whatever random numbers were drawn before, and though the first epochs were never loaded."""
    datamodule = module(dataset_path)
    unbroken = [epoch_of(datamodule, epoch) for epoch in range(3)]
    torch.manual_seed(99)
    random.seed(99)
    np.random.seed(99)
    resumed = epoch_of(module(dataset_path), 2)
    assert all(same(a, b) for a, b in zip(unbroken[2], resumed, strict=True))


def test_loading_leaves_the_global_generator_alone(dataset_path):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    epoch_of(module(dataset_path), 0)
    list(module(dataset_path).val_dataloader())
    assert torch.equal(torch.get_rng_state(), before)


def test_worker_processes_make_no_difference(dataset_path):
    alone = module(dataset_path)
    helped = module(dataset_path, num_workers=1)
    loader = helped.train_dataloader()
    for epoch in (0, 1):  # the processes live on between epochs
        loader.sampler.set_epoch(epoch)
        pairs = zip(epoch_of(alone, epoch), loader, strict=True)
        assert all(same(a, b) for a, b in pairs)


def test_processes_share_an_epoch_out():
    crops = RandomCrops(Ramp([500] * 6), crop_frames=32, crops_per_song=2)
    shares = [list(CropSampler(crops, num_replicas=2, rank=rank)) for rank in (0, 1)]
    assert sorted(shares[0] + shares[1]) == list(range(12))


def test_windows_lie_side_by_side_and_cover_every_song():
    crops = WindowCrops(Ramp([100, 31, 32, 320]), crop_frames=32, most=4)
    assert crops.places == [
        (0, 0), (0, 32), (0, 64), (1, 0), (2, 0), (3, 0), (3, 96), (3, 192), (3, 288),
    ]  # fmt: skip
    assert [crops[index].frames for index in (0, 3, 8)] == [32, 31, 32]


def test_validation_is_the_same_every_time_and_covers_its_songs(dataset, dataset_path):
    datamodule = module(dataset_path, validation_crops=2)
    one, twin = (list(datamodule.val_dataloader()) for _ in range(2))
    assert all(same(a, b) for a, b in zip(one, twin, strict=True))
    songs = {song for song, _ in datamodule.val_dataloader().dataset.places}
    assert songs == set(range(len(dataset.split("validation"))))
    assert len(list(datamodule.test_dataloader())) > 0


def test_short_songs_are_padded_with_zeros(dataset_path):
    datamodule = module(dataset_path, crop_frames=70, batch_size=16, crops_per_song=1)
    lengths = datamodule.latents.readers["train"].lengths
    assert min(lengths) < 70 < max(lengths)
    (batch,) = epoch_of(datamodule, 0)
    assert sorted(batch.valid_frames.tolist()) == sorted(min(70, length) for length in lengths)
    for item, valid in enumerate(batch.valid_frames.tolist()):
        for part in (batch.vocal.latents, batch.vocal.melody, batch.accompaniment):
            assert part.shape[-1] == 70
            assert part[item, :, valid:].abs().sum() == 0
            assert part[item, :, :valid].abs().sum() > 0


def test_a_last_small_batch_is_dropped_only_where_there_are_others(dataset_path):
    songs = len(module(dataset_path).latents.readers["train"].lengths)
    sizes = [
        [len(batch) for batch in epoch_of(module(dataset_path, batch_size=n, crops_per_song=1), 0)]
        for n in (songs - 1, songs, songs + 5)
    ]
    assert sizes == [[songs - 1], [songs], [songs]]


def test_what_training_asks_for(dataset_path, codec):
    datamodule = module(dataset_path)
    assert datamodule.codec_identity == codec.identity
    assert datamodule.latent_channels == 6 and datamodule.melody_features == 14
    with pytest.raises(RuntimeError, match="setup"):
        _ = LatentDataModule(dataset_path).codec_identity


def test_opening_reads_no_shard(dataset_path, monkeypatch):
    from samuel_gen.data import shards

    monkeypatch.setattr(shards, "safe_open", lambda *_, **__: 1 / 0)
    shards._opened.cache_clear()
    datamodule = module(dataset_path)
    with pytest.raises(ZeroDivisionError):
        datamodule.train_dataloader().dataset[0]


def test_open_shards_are_few_however_many_there_are(dataset_path):
    from samuel_gen.data import shards

    assert shards._opened.cache_info().maxsize <= 64


def test_a_data_set_travels_small(dataset_path):
    crops = module(dataset_path).train_dataloader().dataset
    _ = crops[0]
    assert len(pickle.dumps(crops)) < 10_000


def test_a_data_set_of_another_codec_is_refused(dataset_path):
    with pytest.raises(SamuelError, match="another codec.*other"):
        module(dataset_path, codec=TinyCodec(name="other"))


def test_the_source_is_encoded_on_first_use(tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    source = TinySource([TinySong(f"s{n}", n) for n in range(3)])
    datamodule = LatentDataModule(
        tmp_path / "set", crop_frames=8, batch_size=2, source=source, codec=TinyCodec()
    )
    datamodule.prepare_data()
    stamp = (tmp_path / "set" / "dataset.json").stat().st_mtime_ns
    datamodule.prepare_data()
    assert (tmp_path / "set" / "dataset.json").stat().st_mtime_ns == stamp
    datamodule.setup()
    assert len(epoch_of(datamodule, 0)) == 4


def test_bad_sizes_and_empty_splits(tmp_path, dataset_path):
    with pytest.raises(SamuelError, match="data.crop_frames=0"):
        LatentDataModule(dataset_path, crop_frames=0)
    source = TinySource([TinySong("only one")])
    encode_dataset(source, TinyCodec(), tmp_path / "one", workers=1, progress=False)
    with pytest.raises(SamuelError, match="validation split holds no song"):
        module(tmp_path / "one").val_dataloader()


def test_a_batch_moves_as_one():
    batch = LatentBatch.of([Ramp([9]).read(0, 0, 9), Ramp([9]).read(0, 2, 6)], frames=9)
    moved = batch.to("meta")
    parts = [moved.vocal.latents, moved.vocal.melody, moved.vocal.latents_given]
    parts += [moved.vocal.melody_given, moved.accompaniment, moved.valid_frames]
    assert all(part.device.type == "meta" for part in parts)
    assert batch.valid_frames.tolist() == [9, 4] and len(batch) == 2


def test_lightning_moves_a_batch():
    from lightning.fabric.utilities.apply_func import move_data_to_device

    batch = LatentBatch.of([Ramp([9]).read(0, 0, 9)], frames=9)
    moved = move_data_to_device(batch, torch.device("meta"))
    assert isinstance(moved, LatentBatch) and moved.accompaniment.device.type == "meta"


@pytest.mark.gpu
def test_a_batch_is_pinned():
    batch = LatentBatch.of([Ramp([9]).read(0, 0, 9)], frames=9).pin_memory()
    assert batch.accompaniment.is_pinned() and batch.vocal.melody_given.is_pinned()
