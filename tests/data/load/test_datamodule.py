import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from batches import make_datamodule, read_epoch
from tiny_codec import TinyCodec
from tiny_songs import TinySong, TinySource

from samuel_gen.data.encode.folder import lock_folder
from samuel_gen.data.load.datamodule import LatentDataModule
from samuel_gen.data.shards import LatentDataset
from samuel_gen.errors import SamuelError


def test_a_training_batch_is_normalised_crops(dataset, dataset_path):
    datamodule = make_datamodule(dataset_path)
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


def test_normalised_training_latents_have_variance_one(dataset, dataset_path):
    """On average over channels, as the normaliser promises."""
    normaliser = make_datamodule(dataset_path).accompaniment_normaliser
    latents = torch.cat([dataset.read(s).accompaniment for s in dataset.split("train")], 1)
    normal = normaliser.normalise(latents)
    assert normal.mean(1).abs().max() < 1e-3
    assert float(normal.var(1).mean()) == pytest.approx(1, abs=0.01)


def test_a_data_set_of_another_codec_is_refused(dataset_path):
    with pytest.raises(SamuelError, match="another codec.*other"):
        make_datamodule(dataset_path, codec=TinyCodec(name="other"))


def test_the_source_is_encoded_on_first_use(tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    source = TinySource([TinySong(f"s{n}", n) for n in range(3)])
    datamodule = LatentDataModule(
        tmp_path / "set", crop_frames=8, batch_size=2, source=source, codec=TinyCodec()
    )
    datamodule.prepare_data()
    time = (tmp_path / "set" / "dataset.json").stat().st_mtime_ns
    datamodule.prepare_data()
    assert (tmp_path / "set" / "dataset.json").stat().st_mtime_ns == time
    datamodule.setup()
    assert len(read_epoch(datamodule, 0)) == 4


@pytest.mark.parametrize("other_run_finishes", [True, False])
def test_it_waits_for_another_run_and_takes_over_if_that_dies(
    tmp_path, dataset_path, codec, monkeypatch, other_run_finishes
):
    monkeypatch.setattr("samuel_gen.data.load.datamodule._POLL_SECONDS", 0.01)
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # no processes, which take long to start
    source = TinySource([TinySong(f"mine {n}", n) for n in range(4)])
    data = LatentDataModule(tmp_path / "set", source=source, codec=codec)
    with ThreadPoolExecutor(1) as pool:
        with lock_folder(tmp_path / "set" / ".partial"):
            waiting = pool.submit(data.prepare_data)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            if other_run_finishes:
                shutil.copytree(dataset_path, tmp_path / "set", dirs_exist_ok=True)
                waiting.result(timeout=10)
        waiting.result(timeout=30)
    names = {song.name for song in LatentDataset.open(tmp_path / "set").songs}
    assert ("mine 0" in names) != other_run_finishes
