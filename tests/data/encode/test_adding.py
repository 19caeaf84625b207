import shutil

import pytest
from tiny_codec import TinyCodec
from tiny_songs import TinySong, TinySource

from samuel_gen.audio.augmentation import Level, Noise
from samuel_gen.data.encode import assembly
from samuel_gen.data.encode.dataset import encode_dataset
from samuel_gen.data.shards import LatentDataset
from samuel_gen.errors import SamuelError


def songs(first, stop, **options):
    return [TinySong(f"song {n}", n, **options) for n in range(first, stop)]


def encode(items, path, **options):
    options = {"codec": TinyCodec(), "workers": 1, "progress": False} | options
    return encode_dataset(TinySource(items), output=path, **options)


def test_added_songs_join_and_the_others_stay_as_they_are(tmp_path, contents):
    out = tmp_path / "out"
    encode(songs(0, 20), out)
    before, files = LatentDataset.open(out), contents(out)
    summary = encode(songs(0, 40), out, add=True)
    after = LatentDataset.open(out)
    assert (summary.songs, summary.already) == (20, 20)
    assert after.songs[:20] == before.songs and len(after.songs) == 40
    assert after.vocal_normaliser.to_dict() == before.vocal_normaliser.to_dict()
    written = contents(out)
    assert all(written[name] == data for name, data in files.items() if name != "dataset.json")
    encode(songs(0, 40), tmp_path / "at once")
    at_once = LatentDataset.open(tmp_path / "at once")
    assert [song.split for song in at_once.songs] == [song.split for song in after.songs]
    for song, twin in zip(after.songs, at_once.songs, strict=True):
        assert song.sha256 == twin.sha256
        assert (after.read(song).vocal == at_once.read(twin).vocal).all()


def test_adding_to_nothing_is_encoding(tmp_path, contents):
    encode(songs(0, 4), tmp_path / "one", add=True)
    encode(songs(0, 4), tmp_path / "other")
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_adding_what_is_there_changes_nothing(tmp_path, contents):
    encode(songs(0, 4), tmp_path / "out")
    before = contents(tmp_path / "out")
    summary = encode(songs(0, 4), tmp_path / "out", add=True)
    assert (summary.songs, summary.already) == (0, 4) and contents(tmp_path / "out") == before
    touched = songs(0, 4, edition="copied to another disk")
    assert encode(touched, tmp_path / "out", add=True).already == 4
    assert contents(tmp_path / "out") == before


def test_a_copy_under_another_name_follows_the_song_it_copies(tmp_path):
    encode(songs(0, 20), tmp_path / "out")
    encode([TinySong(f"copy {n}", n) for n in range(20)], tmp_path / "out", add=True)
    dataset = LatentDataset.open(tmp_path / "out")
    assert [s.split for s in dataset.songs[:20]] == [s.split for s in dataset.songs[20:]]
    assert {song.split for song in dataset.songs} == {"train", "validation", "test"}


def test_an_interrupted_addition_leaves_what_was_there_and_goes_on(tmp_path, contents, monkeypatch):
    encode(songs(0, 6), tmp_path / "out")
    shutil.copytree(tmp_path / "out", tmp_path / "whole")
    encode(songs(0, 12), tmp_path / "whole", add=True)
    before = LatentDataset.open(tmp_path / "out")
    monkeypatch.setattr(LatentDataset, "save", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        encode(songs(0, 12), tmp_path / "out", add=True)
    monkeypatch.undo()
    assert LatentDataset.open(tmp_path / "out").songs == before.songs
    encode(songs(0, 12), tmp_path / "out", add=True)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_another_codec_or_other_augmentations_are_refused_by_name(tmp_path, contents):
    encode(songs(0, 4), tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(SamuelError, match="another codec .*name tiny / other"):
        encode(songs(4, 6), tmp_path / "out", add=True, codec=TinyCodec(name="other"))
    with pytest.raises(SamuelError, match=r"augmentations \[\]; found .*Level"):
        encode(songs(4, 6), tmp_path / "out", add=True, augmentations=[Level(3.0)])
    assert contents(tmp_path / "out") == before


def test_each_augmentation_is_one_more_version_of_the_voice(tmp_path):
    encode(songs(0, 4), tmp_path / "out", augmentations=[Level(6.0), Noise(10.0)])
    encode(songs(0, 4), tmp_path / "plain")
    dataset, plain = (LatentDataset.open(tmp_path / name) for name in ("out", "plain"))
    assert dataset.augmentations == ("Level(decibels=6)", "Noise(decibels=10)")
    for song, twin in zip(dataset.songs, plain.songs, strict=True):
        assert (song.versions, twin.versions) == (3, 1)
        original = dataset.read(song)
        assert (original.vocal == plain.read(twin).vocal).all()
        for version in (1, 2):
            other = dataset.read(song, version=version)
            assert not (other.vocal == original.vocal).all()
            assert (other.melody == original.melody).all()
            assert (other.accompaniment == original.accompaniment).all()


def test_a_stem_replaced_after_an_interruption_is_encoded_anew(tmp_path, contents):
    switch = tmp_path / "switch"
    switch.touch()
    with pytest.raises(KeyboardInterrupt):
        old = TinySong("song 0", 7, edition="old")
        encode([old, TinySong("song 1", 1, interrupted_by=switch)], tmp_path / "out")
    switch.unlink()
    new = [TinySong("song 0", 7, seconds=2.0, edition="new"), TinySong("song 1", 1)]
    encode(new, tmp_path / "out")
    encode(new, tmp_path / "fresh")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_large_songs_make_smaller_shards(tmp_path, monkeypatch):
    monkeypatch.setattr(assembly, "SHARD_BYTES", 2500)
    encode(songs(0, 4, split="train"), tmp_path / "out")
    assert len(LatentDataset.open(tmp_path / "out").shards) == 4
