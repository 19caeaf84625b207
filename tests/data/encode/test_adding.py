import shutil

import pytest
from tiny_codec import TinyCodec
from tiny_songs import TinySong, encode_songs, make_songs

from samuel_gen.audio.augmentation import LevelDrift, Noise
from samuel_gen.data.shards import LatentDataset
from samuel_gen.errors import SamuelError


def test_added_songs_leave_the_others_as_they_are(tmp_path, contents):
    out = tmp_path / "out"
    encode_songs(make_songs(0, 20), out)
    before, files = LatentDataset.open(out), contents(out)
    summary = encode_songs(make_songs(0, 40), out, existing="extend")
    after = LatentDataset.open(out)
    assert (summary.songs, summary.already_there) == (20, 20)
    assert after.songs[:20] == before.songs and len(after.songs) == 40
    assert after.vocal_normaliser.to_dict() == before.vocal_normaliser.to_dict()
    written = contents(out)
    assert all(written[name] == data for name, data in files.items() if name != "dataset.json")
    encode_songs(make_songs(0, 40), tmp_path / "at once")
    at_once = LatentDataset.open(tmp_path / "at once")
    assert [song.split for song in at_once.songs] == [song.split for song in after.songs]
    for song, twin in zip(after.songs, at_once.songs, strict=True):
        assert song.sha256 == twin.sha256
        assert (after.read(song).vocal == at_once.read(twin).vocal).all()


def test_adding_to_an_empty_folder_is_encoding(tmp_path, contents):
    encode_songs(make_songs(0, 4), tmp_path / "one", existing="extend")
    encode_songs(make_songs(0, 4), tmp_path / "other")
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_adding_songs_that_are_there_changes_nothing(tmp_path, contents):
    encode_songs(make_songs(0, 4), tmp_path / "out")
    before = contents(tmp_path / "out")
    summary = encode_songs(make_songs(0, 4), tmp_path / "out", existing="extend")
    assert (summary.songs, summary.already_there) == (0, 4) and contents(tmp_path / "out") == before
    touched = make_songs(0, 4, edition="copied to another disk")
    assert encode_songs(touched, tmp_path / "out", existing="extend").already_there == 4
    assert contents(tmp_path / "out") == before


def test_a_copy_under_another_name_gets_the_split_of_its_original(tmp_path):
    encode_songs(make_songs(0, 20), tmp_path / "out")
    encode_songs([TinySong(f"copy {n}", n) for n in range(20)], tmp_path / "out", existing="extend")
    dataset = LatentDataset.open(tmp_path / "out")
    assert [s.split for s in dataset.songs[:20]] == [s.split for s in dataset.songs[20:]]
    assert {song.split for song in dataset.songs} == {"train", "validation", "test"}


def test_an_interrupted_addition_changes_nothing_and_is_resumed(tmp_path, contents, monkeypatch):
    encode_songs(make_songs(0, 6), tmp_path / "out")
    shutil.copytree(tmp_path / "out", tmp_path / "whole")
    encode_songs(make_songs(0, 12), tmp_path / "whole", existing="extend")
    before = LatentDataset.open(tmp_path / "out")
    monkeypatch.setattr(LatentDataset, "save", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        encode_songs(make_songs(0, 12), tmp_path / "out", existing="extend")
    monkeypatch.undo()
    assert LatentDataset.open(tmp_path / "out").songs == before.songs
    encode_songs(make_songs(0, 12), tmp_path / "out", existing="extend")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_another_codec_and_other_augmentations_are_refused(tmp_path, contents):
    encode_songs(make_songs(0, 4), tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(SamuelError, match="another codec .*name tiny / other"):
        encode_songs(
            make_songs(4, 6), tmp_path / "out", existing="extend", codec=TinyCodec(name="other")
        )
    with pytest.raises(SamuelError, match=r"augmentations \[\], not .*level"):
        encode_songs(
            make_songs(4, 6), tmp_path / "out", existing="extend", augmentations=[LevelDrift(3.0)]
        )
    assert contents(tmp_path / "out") == before


def test_each_augmentation_gives_one_more_version_of_the_vocal(tmp_path):
    encode_songs(make_songs(0, 4), tmp_path / "out", augmentations=[LevelDrift(6.0), Noise(10.0)])
    encode_songs(make_songs(0, 4), tmp_path / "plain")
    dataset, plain = (LatentDataset.open(tmp_path / name) for name in ("out", "plain"))
    assert [each["name"] for each in dataset.augmentations] == ["level", "noise"]
    for song, twin in zip(dataset.songs, plain.songs, strict=True):
        assert (song.versions, twin.versions) == (3, 1)
        original = dataset.read(song)
        assert (original.vocal == plain.read(twin).vocal).all()
        for version in (1, 2):
            other = dataset.read(song, version=version)
            assert not (other.vocal == original.vocal).all()
            assert (other.melody == original.melody).all()
            assert (other.accompaniment == original.accompaniment).all()


def test_a_stem_replaced_after_an_interruption_is_encoded_again(tmp_path, contents):
    switch = tmp_path / "switch"
    switch.touch()
    with pytest.raises(KeyboardInterrupt):
        old = TinySong("song 0", 7, edition="old")
        encode_songs([old, TinySong("song 1", 1, interrupted_by=switch)], tmp_path / "out")
    switch.unlink()
    new = [TinySong("song 0", 7, seconds=2.0, edition="new"), TinySong("song 1", 1)]
    encode_songs(new, tmp_path / "out")
    encode_songs(new, tmp_path / "fresh")
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")
