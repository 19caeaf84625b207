import hashlib

from tiny_songs import TinySong, encode_songs, make_songs

from samuel_gen.data.encode import shard_writer
from samuel_gen.data.shards import LatentDataset


def test_songs_fill_the_shards_of_their_split(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_writer, "SONGS_PER_SHARD", 2)
    songs = [TinySong(f"s{n}", n, split="train") for n in range(5)]
    encode_songs([*songs, TinySong("v", 6, split="validation")], tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        "dataset.json",
        *(f"train-{n:05d}.safetensors" for n in range(3)),
        "validation-00000.safetensors",
    ]


def test_large_songs_make_smaller_shards(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_writer, "SHARD_BYTES", 2500)
    encode_songs(make_songs(0, 4, split="train"), tmp_path / "out")
    assert len(LatentDataset.open(tmp_path / "out").shards) == 4


def test_sizes_and_checksums_are_those_of_the_files(dataset):
    for shard in dataset.shards:
        content = (dataset.path / shard.file).read_bytes()
        assert len(content) == shard.bytes
        assert hashlib.sha256(content).hexdigest() == shard.sha256
