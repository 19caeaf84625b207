import shutil
from pathlib import Path

import pytest
import torch

from samuel_gen.data import shards
from samuel_gen.data.shards import LatentDataset
from samuel_gen.errors import SamuelError


@pytest.fixture
def copy(tmp_path, dataset_path):
    return Path(shutil.copytree(dataset_path, tmp_path / "set"))


def test_segments_equal_the_stored_arrays(dataset):
    for song in dataset.songs:
        whole = dataset.read(song)
        part = dataset.read(song, 5, 37)
        assert whole.frames == song.frames and part.frames == 32
        for kind in ("vocal", "accompaniment", "melody"):
            assert torch.equal(getattr(part, kind), getattr(whole, kind)[:, 5:37])
        assert torch.equal(part.activity, whole.activity[5:37])


def test_saving_and_opening_gives_the_same_data_set(copy):
    before = LatentDataset.open(copy)
    content = (copy / "dataset.json").read_bytes()
    before.save()
    assert (copy / "dataset.json").read_bytes() == content


def test_an_unknown_split_is_a_mistake_of_the_programmer(dataset):
    with pytest.raises(ValueError, match="'valid' is none of"):
        dataset.split("valid")


def test_few_files_stay_open(dataset):
    for song in dataset.songs:
        dataset.read(song, 0, 1)
    assert shards._open_shard.cache_info().maxsize <= 128


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda file: file.unlink(), r"train-00000\.safetensors: missing; copy"),
        (lambda file: file.write_bytes(b"1"), "1 bytes instead of"),
    ],
)
def test_missing_and_short_shards_are_refused_unless_unchecked(copy, spoil, message):
    spoil(copy / "train-00000.safetensors")
    with pytest.raises(SamuelError, match=message):
        LatentDataset.open(copy)
    assert LatentDataset.open(copy, check_shards=False).songs


def test_a_damaged_shard_is_reported_when_it_is_read(copy):
    shard = copy / "train-00000.safetensors"
    shard.write_bytes(bytes(shard.stat().st_size))
    dataset = LatentDataset.open(copy)  # opening checks sizes only
    song = dataset.split("train")[0]
    with pytest.raises(SamuelError, match="header cannot be read"):
        dataset.read_metadata(song)
    shard.write_bytes(b"")
    with pytest.raises(SamuelError, match="ends within"):
        dataset.read(song, 0, 4)
