from pathlib import Path

import pytest
import torch
from tiny_songs import TinySong, encode_songs

from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.encode.assembly import EncodedFile
from samuel_gen.data.shards import LatentDataset
from samuel_gen.errors import SamuelError


def test_normalisers_are_fitted_on_training_songs_only(tmp_path):
    splits = ["train", "train", "validation", "test"]
    songs = [TinySong(f"s{n}", n, split=split) for n, split in enumerate(splits)]
    encode_songs(songs, tmp_path / "one")
    held_out = [TinySong("s2", 9, split="validation"), TinySong("s3", 8, 3.0, split="test")]
    encode_songs([*songs[:2], *held_out], tmp_path / "two")
    encode_songs([songs[0], TinySong("s1", 9, split="train"), *songs[2:]], tmp_path / "three")
    one, two, three = (LatentDataset.open(tmp_path / name) for name in ("one", "two", "three"))
    assert one.vocal_normaliser.to_dict() == two.vocal_normaliser.to_dict()
    assert one.accompaniment_normaliser.to_dict() == two.accompaniment_normaliser.to_dict()
    assert one.vocal_normaliser.to_dict() != three.vocal_normaliser.to_dict()
    latents = torch.cat([one.read(song).vocal for song in one.split("train")], dim=1)
    truth = LatentNormaliser.fit(latents.mean(1), latents.std(1, correction=0))
    torch.testing.assert_close(one.vocal_normaliser.mean, truth.mean)
    torch.testing.assert_close(one.vocal_normaliser.scale, truth.scale)


def test_names_may_be_odd_and_become_unique(tmp_path):
    songs = [TinySong("a / b\n", 1), TinySong("🎤", 2), TinySong("twin", 3), TinySong("twin", 4)]
    encode_songs([*songs, TinySong("..", 5)], tmp_path / "out")
    dataset = LatentDataset.open(tmp_path / "out")
    assert [song.name for song in dataset.songs] == ["a / b\n", "🎤", "twin", "twin (2)", ".."]
    assert dataset.songs[2].split == dataset.songs[3].split
    assert dataset.read_metadata(dataset.songs[3])["number"] == 4


def test_without_a_song_for_training_there_is_no_data_set(tmp_path):
    with pytest.raises(SamuelError, match="none of 1 songs is for training"):
        encode_songs([TinySong("s", split="test")], tmp_path / "out")


def test_a_song_that_links_splits_is_left_out_with_the_reason(tmp_path):
    songs = [TinySong("a", 0, split="train"), TinySong("b", 1, split="test")]
    encode_songs(songs, tmp_path)
    more = [TinySong("b", 0, 2.0), TinySong("a", 0, 2.0), TinySong("c", 5)]
    summary = encode_songs(more, tmp_path, existing="extend")
    assert summary.songs == 1 and [name for name, _ in summary.skipped] == ["b", "a"]
    assert "links songs of different splits" in (tmp_path / "skipped.csv").read_text()


def test_an_unreadable_song_file_is_named(tmp_path):
    file = EncodedFile("my song", None, "", Path(tmp_path / "gone"))
    for read in (file.read_facts, file.read_song):
        with pytest.raises(SamuelError, match="gone: the encoded song 'my song' cannot be read"):
            read()
