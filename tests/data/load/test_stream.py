"""Chunks of litdata hold the same as shards, and a stream gives the same crops as a disk."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_codec import TinyCodec
from tiny_songs import TinySong, TinySource

from samuel_gen.data.encode.dataset import encode_dataset
from samuel_gen.data.load.crops import RandomCrops
from samuel_gen.data.load.datamodule import LatentDataModule
from samuel_gen.data.load.stream import StreamDataModule
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.verification import find_damage
from samuel_gen.errors import SamuelError

SONGS = [TinySong(f"song {n}", n, 1.5 + n / 10) for n in range(12)]
SIZES = {"batch_size": 4, "crop_frames": 32, "crops_per_song": 3}


def encode(path: Path, codec: TinyCodec, songs: list[TinySong] = SONGS, **options: object) -> None:
    encode_dataset(
        TinySource(songs), codec, path, workers=1, progress=False, format="litdata", **options
    )


@pytest.fixture(scope="session")
def chunks(tmp_path_factory: pytest.TempPathFactory, codec: TinyCodec) -> Path:
    path = tmp_path_factory.mktemp("chunks") / "set"
    encode(path, codec)
    return path


def test_chunks_hold_the_same_songs(chunks, dataset):
    streamed = LatentDataset.open(chunks)
    assert {shard.file.partition(".")[2] for shard in streamed.shards} == {"bin"}
    for one, other in zip(dataset.songs, streamed.songs, strict=True):
        assert (one.name, one.split, one.sha256 != "") == (other.name, other.split, True)
        here, away = dataset.read(one), streamed.read(other)
        for part in ("vocal", "accompaniment", "melody", "activity"):
            assert torch.equal(getattr(here, part), getattr(away, part))
        assert streamed.read_metadata(other) == dataset.read_metadata(one) != {}


def test_litdata_reads_the_records(chunks):
    from litdata import StreamingDataset

    there = LatentDataset.open(chunks)
    stream = StreamingDataset(str(chunks))
    assert len(stream) == len(there.songs)
    ours = sorted(there.songs, key=lambda s: (s.split != "train", s.split != "validation", s.index))
    for number, song in enumerate(ours):
        record = stream[number]
        assert record["vocal"].shape == (song.frames, 6)
        assert (record["vocal"] == there.read_rows(song, "vocal", 0, song.frames)).all()
        assert json.loads(bytes(record["metadata"])) == there.read_metadata(song)


@pytest.fixture(scope="session")
def bucket(chunks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A local object store with S3's interface that holds the chunks."""
    import boto3
    from litdata.streaming import downloader
    from moto.server import ThreadedMotoServer

    downloader._OBSTORE_CLIENT_OPTIONS["allow_http"] = "true"  # litdata's client wants https

    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    options = {**keys, "endpoint_url": "http://{}:{}".format(*server.get_host_and_port())}
    client = boto3.client("s3", **options)
    client.create_bucket(Bucket="songs")
    for file in chunks.iterdir():
        client.upload_file(str(file), "songs", f"set/{file.name}")
    yield options
    server.stop()


@pytest.mark.parametrize("kind", ["folder", "bucket"])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream_gives_the_same_crops_as_a_disk(
    dataset_path, chunks, codec, bucket, kind, workers
):
    root, options = (str(chunks), {}) if kind == "folder" else ("s3://songs/set", bucket)
    disk = LatentDataModule(dataset_path, **SIZES, codec=codec)
    stream = StreamDataModule(
        root, **SIZES, num_workers=workers, codec=codec, storage_options=options
    )
    for data in (disk, stream):
        data.setup()
    for loader in ("train_dataloader", "val_dataloader"):
        pairs = zip(getattr(disk, loader)(), getattr(stream, loader)(), strict=True)
        for one, other in pairs:
            assert torch.equal(one.index, other.index)
            assert torch.equal(one.vocal.latents, other.vocal.latents)
            assert torch.equal(one.vocal.melody, other.vocal.melody)
            assert torch.equal(one.accompaniment, other.accompaniment)


def test_augmented_vocals_are_streamed_too(tmp_path, codec):
    from samuel_gen.audio.augmentation import LevelDrift

    encode(tmp_path / "set", codec, augmentations=[LevelDrift(6.0)])
    dataset = LatentDataset.open(tmp_path / "set")
    data = StreamDataModule(str(tmp_path / "set"), **SIZES)
    data.setup()
    crops = RandomCrops(data.latents.readers["train"], 32, 8)
    places = [crops.place(index) for index in range(len(crops))]
    assert {place.version for place in places} == {0, 1}
    for place in places[:16]:
        vocal, _ = data.latents.readers["train"].read([place], 32)
        song = dataset.split("train")[place.song]
        own = dataset.read(song, place.start, place.stop, place.version).vocal
        torch.testing.assert_close(vocal.latents[0], dataset.vocal_normaliser.normalise(own))


def test_songs_are_added_to_chunks(tmp_path, codec, contents):
    for name in ("one", "two"):
        encode(tmp_path / name, codec, SONGS[:8])
        encode(tmp_path / name, codec, SONGS, existing="extend")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    dataset = LatentDataset.open(tmp_path / "one")
    assert len(dataset.songs) == 12 and find_damage(tmp_path / "one") == []
    data = StreamDataModule(str(tmp_path / "one"), **SIZES)
    data.setup()
    for split, reader in data.latents.readers.items():
        for number, song in enumerate(dataset.split(split)):
            window = reader._fetch_rows(number, 0, song.frames, ["vocal"])["vocal"]
            assert (window == dataset.read_rows(song, "vocal", 0, song.frames)).all()


def test_damage_in_a_chunk_is_named(tmp_path, codec):
    encode(tmp_path / "set", codec)
    song = LatentDataset.open(tmp_path / "set").songs[3]
    file = tmp_path / "set" / song.shard
    data = bytearray(file.read_bytes())
    for at, name in ((song.offsets["melody"], song.name), (song.offsets["melody"] - 1, None)):
        data[at] ^= 1
        file.write_bytes(data)
        (found,) = find_damage(tmp_path / "set")
        assert (found.file, found.song) == (file, name)
        data[at] ^= 1


def test_formats_are_not_mixed(tmp_path, codec, chunks, dataset_path):
    with pytest.raises(SamuelError, match=r"end in \.bin, but this format writes \.safet"):
        encode_dataset(TinySource(SONGS), codec, chunks, existing="extend", progress=False)
    with pytest.raises(SamuelError, match="cannot be streamed; encode with format=litdata"):
        StreamDataModule(str(dataset_path)).setup()
    with pytest.raises(SamuelError, match="format=zip: no such format"):
        encode_dataset(TinySource(SONGS), codec, tmp_path / "x", format="zip")
    with pytest.raises(SamuelError, match="another codec"):
        StreamDataModule(str(chunks), codec=TinyCodec(name="other")).setup()


def test_a_data_set_that_cannot_be_fetched_gives_one_line(tmp_path):
    with pytest.raises(SamuelError, match=r"nowhere/dataset\.json: cannot be fetched"):
        StreamDataModule(f"local:{tmp_path}/nowhere").setup()


def test_without_litdata_the_error_says_what_to_install(monkeypatch, tmp_path, codec):
    monkeypatch.setitem(__import__("sys").modules, "litdata", None)
    with pytest.raises(SamuelError, match=r"pip install 'samuel-gen\[cloud\]'"):
        encode(tmp_path / "set", codec)
