import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_codec import TinyCodec
from tiny_songs import TinySong, TinySource

from samuel_gen.data import shards
from samuel_gen.data.encode.folder import locked
from samuel_gen.data.load.batch import LatentBatch
from samuel_gen.data.load.datamodule import LatentDataModule
from samuel_gen.data.load.reader import Place, ShardReader
from samuel_gen.data.shards import LatentDataset
from samuel_gen.errors import SamuelError


def module(path, **options):
    made = LatentDataModule(path, **{"batch_size": 4, "crop_frames": 32, "sung": 0.0} | options)
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
        assert torch.equal(part.activity, whole.activity[5:37])


def test_a_training_batch_is_normalised_crops(dataset, dataset_path):
    datamodule = module(dataset_path)
    loader = datamodule.train_dataloader()
    batch = next(iter(loader))
    for item, index in enumerate(batch.index.tolist()):
        place = loader.batches.place(index)
        raw = dataset.read(dataset.split("train")[place.song], place.start, place.stop)
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


def test_another_version_of_the_voice_is_read_where_it_is_asked_for(dataset, dataset_path):
    """A song whose second version is, byte for byte, its accompaniment."""
    song = dataset.split("train")[0]
    versions = {**song.offsets, "vocal.1": song.offsets["accompaniment"]}
    reader = ShardReader(dataset, [replace(song, offsets=versions)])
    assert reader.versions == [2]
    vocal, _ = reader.read([Place(0, 3, 20), Place(0, 3, 20, version=1)], 20)
    raw = dataset.read(song, 3, 20)
    for item, latents in enumerate((raw.vocal, raw.accompaniment)):
        expected = dataset.vocal_normaliser.normalise(latents)
        torch.testing.assert_close(vocal.latents[item, :, :17], expected)


def test_how_much_is_sung_is_the_mean_activity(dataset, dataset_path):
    reader = ShardReader(dataset, dataset.songs)
    for at, song in enumerate(dataset.songs):
        activity = dataset.read(song, 4, 30).activity
        assert reader.sung(Place(at, 4, 30)) == pytest.approx(float(activity.mean()), abs=1e-6)


def test_memory_is_used_again_only_when_nobody_holds_it(dataset):
    reader = ShardReader(dataset, dataset.songs)
    held = reader.read([Place(0, 0, 20)], 20)[0].latents[0, 2:]
    kept = held.clone()
    place = held.data_ptr()
    others = [reader.read([Place(1, 0, 20)], 20)[0].latents for _ in range(3)]
    assert torch.equal(held, kept)
    used = {other[0, 2:].data_ptr() for other in others}
    assert place not in used and len(used) == 3
    del others, held
    assert reader.read([Place(1, 0, 20)], 20)[0].latents[0, 2:].data_ptr() in used | {place}


def test_normalised_training_latents_have_variance_one(dataset, dataset_path):
    """On average over channels; that is what the normaliser promises."""
    normaliser = module(dataset_path).accompaniment_normaliser
    latents = torch.cat([dataset.read(s).accompaniment for s in dataset.split("train")], 1)
    normal = normaliser.normalise(latents)
    assert normal.mean(1).abs().max() < 1e-3
    assert float(normal.var(1).mean()) == pytest.approx(1, abs=0.01)


def test_same_seed_and_epoch_same_batches_another_epoch_others(dataset_path):
    one, twin = epoch_of(module(dataset_path), 3), epoch_of(module(dataset_path), 3)
    assert all(same(a, b) for a, b in zip(one, twin, strict=True))
    assert not all(same(a, b) for a, b in zip(one, epoch_of(module(dataset_path), 4), strict=True))
    assert not all(
        same(a, b) for a, b in zip(one, epoch_of(module(dataset_path, seed=1), 3), strict=True)
    )


def test_a_resumed_run_sees_the_very_same_batches(dataset_path):
    """Whatever random numbers were drawn before, and though the first epochs were never loaded."""
    datamodule = module(dataset_path)
    unbroken = [epoch_of(datamodule, epoch) for epoch in range(3)]
    torch.manual_seed(99)
    random.seed(99)
    np.random.seed(99)
    resumed = epoch_of(module(dataset_path, num_workers=2), 2)
    assert all(same(a, b) for a, b in zip(unbroken[2], resumed, strict=True))


def test_loading_leaves_the_global_generators_alone(dataset_path):
    """But for Python's own, from which the type checks of these tests draw."""
    torch.manual_seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    epoch_of(module(dataset_path), 0)
    list(module(dataset_path).val_dataloader())
    after = torch.get_rng_state(), np.random.get_state()[1].tolist()
    assert torch.equal(before[0], after[0]) and before[1:] == after[1:]


def test_validation_is_the_same_every_time_and_covers_its_songs(dataset, dataset_path):
    datamodule = module(dataset_path, validation_crops=2)
    one, twin = (list(datamodule.val_dataloader()) for _ in range(2))
    assert all(same(a, b) for a, b in zip(one, twin, strict=True))
    assert [index for batch in one for index in batch.index.tolist()] == list(
        range(sum(len(batch) for batch in one))
    )
    songs = {place.song for place in datamodule.val_dataloader().batches.places}
    assert songs == set(range(len(dataset.split("validation"))))
    assert len(list(datamodule.test_dataloader())) > 0


def test_short_songs_are_padded_with_zeros(dataset_path):
    datamodule = module(dataset_path, crop_frames=70, batch_size=16, crops_per_song=1)
    lengths = datamodule.latents.readers["train"].lengths
    assert min(lengths) < 70 < max(lengths)
    for epoch in range(3):  # whose memory is used again
        (batch,) = epoch_of(datamodule, epoch)
        expected = sorted(min(70, length) for length in lengths)
        assert sorted(batch.valid_frames.tolist()) == expected
        for item, valid in enumerate(batch.valid_frames.tolist()):
            for part in (batch.vocal.latents, batch.vocal.melody, batch.accompaniment):
                assert part.shape[-1] == 70
                assert part[item, :, valid:].abs().sum() == 0
                assert part[item, :, :valid].abs().sum() > 0


def test_no_crop_is_left_out(dataset_path):
    songs = len(module(dataset_path).latents.readers["train"].lengths)
    for size in (songs - 1, songs, songs + 5):
        batches = epoch_of(module(dataset_path, batch_size=size, crops_per_song=1), 0)
        items = [index for batch in batches for index in batch.index.tolist()]
        assert sorted(items) == list(range(songs))


def test_what_training_asks_for(dataset_path, codec):
    datamodule = module(dataset_path)
    assert datamodule.codec_identity == codec.identity
    assert datamodule.latent_channels == 6 and datamodule.melody_features == 14
    with pytest.raises(RuntimeError, match="setup"):
        _ = LatentDataModule(dataset_path).codec_identity


def test_opening_reads_no_shard_and_few_stay_open(dataset_path, monkeypatch):
    datamodule = module(dataset_path)
    before = shards._opened.cache_info()
    loader = datamodule.train_dataloader()
    assert shards._opened.cache_info() == before
    list(loader)
    assert shards._opened.cache_info().maxsize <= 128


def test_a_data_set_of_another_codec_is_refused(dataset_path):
    with pytest.raises(SamuelError, match="another codec.*other"):
        module(dataset_path, codec=TinyCodec(name="other"))


def test_a_checkpoint_of_another_codec_is_refused(dataset_path, codec):
    datamodule = module(dataset_path)
    saved = datamodule.state_dict()
    datamodule.load_state_dict(saved)
    saved["codec"] = TinyCodec(name="other").identity.to_dict()
    with pytest.raises(SamuelError, match="trained on latents of another codec .*other"):
        datamodule.load_state_dict(saved)


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


@pytest.mark.parametrize("it_finishes", [True, False])
def test_another_runs_encoding_is_waited_for_and_taken_over_if_it_dies(
    tmp_path, dataset_path, codec, monkeypatch, it_finishes
):
    monkeypatch.setattr("samuel_gen.data.load.datamodule._PATIENCE", 0.01)
    source = TinySource([TinySong(f"mine {n}", n) for n in range(4)])
    data = LatentDataModule(tmp_path / "set", source=source, codec=codec)
    with ThreadPoolExecutor(1) as pool:
        with locked(tmp_path / "set" / ".partial"):
            waiting = pool.submit(data.prepare_data)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            if it_finishes:
                shutil.copytree(dataset_path, tmp_path / "set", dirs_exist_ok=True)
                waiting.result(timeout=10)
        waiting.result(timeout=30)
    names = {song.name for song in LatentDataset.open(tmp_path / "set").songs}
    assert ("mine 0" in names) != it_finishes


def test_bad_sizes_and_empty_splits(dataset_path):
    with pytest.raises(SamuelError, match="data.crop_frames=0"):
        LatentDataModule(dataset_path, crop_frames=0)
    with pytest.raises(SamuelError, match="data.sung=1.5"):
        LatentDataModule(dataset_path, sung=1.5)
    empty = module(dataset_path)
    empty.latents.readers["validation"].lengths = []
    with pytest.raises(SamuelError, match="validation split holds no song"):
        empty.val_dataloader()


def test_lightning_moves_a_batch(dataset_path):
    from lightning.fabric.utilities.apply_func import move_data_to_device

    batch = next(iter(module(dataset_path).train_dataloader()))
    moved = move_data_to_device(batch, torch.device("meta"))
    assert isinstance(moved, LatentBatch) and moved.accompaniment.device.type == "meta"
