import random
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.verification import find_damage
from samuel_gen.errors import SamuelError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path, dataset_path):
    return Path(shutil.copytree(dataset_path, tmp_path / "set"))


def flip_bit(path, at, bit=0):
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


def test_an_intact_data_set_has_no_damage(dataset_path):
    assert find_damage(dataset_path) == []


def test_every_changed_byte_is_found_and_its_song_named(copy):
    chance = random.Random(3)
    files = sorted(copy.glob("*.safetensors"))
    originals = {file: file.read_bytes() for file in files}
    dataset = LatentDataset.open(copy)
    for _ in range(60):
        file = chance.choice(files)
        at = chance.randrange(file.stat().st_size)
        flip_bit(file, at, chance.randrange(8))
        (found,) = find_damage(copy)
        owners = [
            song.name
            for song in dataset.songs
            if song.shard == file.name
            and any(
                start <= at < start + 2 * dataset.width(tensor) * song.frames
                for tensor, start in song.offsets.items()
            )
        ]
        assert found.file == file and [found.song] == (owners or [None])
        file.write_bytes(originals[file])


def test_every_changed_byte_of_the_description_is_found(copy):
    file = copy / "dataset.json"
    original = file.read_bytes()
    chance = random.Random(4)
    places = [chance.randrange(len(original)) for _ in range(150)]
    for at in [*places, *range(len(original) - 90, len(original))]:
        flip_bit(file, at, chance.randrange(8))
        with pytest.raises(SamuelError, match="dataset.json"):
            LatentDataset.open(copy)
        file.write_bytes(original)


def test_missing_and_shortened_shards_are_found(copy):
    first, second = sorted(copy.glob("*.safetensors"))[:2]
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    assert sorted(damage.file for damage in find_damage(copy)) == [first, second]
    assert [damage.song for damage in find_damage(copy)] == [None, None]


def test_all_damaged_songs_of_a_shard_are_named(copy):
    dataset = LatentDataset.open(copy)
    shard = dataset.split("train")[0].shard
    songs = [song for song in dataset.songs if song.shard == shard][:3]
    for song in songs:
        flip_bit(copy / shard, song.offsets["melody"])
    assert sorted(d.song for d in find_damage(copy)) == sorted(song.name for song in songs)


def test_the_reader_in_the_docs_reads_the_same_rows(dataset_path):
    page = (ROOT / "docs" / "latent-data-set.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    assert len(code.strip().splitlines()) <= 20
    scope = {}
    exec(code, scope)
    dataset = LatentDataset.open(dataset_path)
    for song in dataset.songs[:4]:
        for tensor in song.offsets:
            rows = scope["read"](str(dataset_path), song.name, tensor, 5, 30)
            np.testing.assert_array_equal(rows, dataset.read_rows(song, tensor, 5, 30))
            assert rows.shape == (25, dataset.width(tensor))
