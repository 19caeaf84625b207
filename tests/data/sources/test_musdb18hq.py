import pytest
import torch

from samuel_gen.data.sources.musdb18hq import VALIDATION_SONGS, MUSDB18HQSource
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.errors import SamuelError

PITCHES = {"vocals": 440, "drums": 900, "bass": 50, "other": 300, "mixture": 3000}


def test_the_band_is_the_sum_and_the_splits_are_the_fields(tmp_path, put, heard):
    for place in ("train/Zed - Blue", "train/Leaf - Summerghost", "test/AM - Sun", "test/.cache"):
        made = {
            stem: put(tmp_path / place / f"{stem}.wav", pitch) for stem, pitch in PITCHES.items()
        }
    put(tmp_path / "test" / "Leaf - Summerghost" / "vocals.wav")
    source = MUSDB18HQSource(tmp_path)
    songs = source.songs()
    assert isinstance(source, Source) and all(isinstance(song, SongItem) for song in songs)
    assert [(song.name, song.split) for song in songs] == [
        ("Leaf - Summerghost", "validation"),
        ("Zed - Blue", "train"),
        ("AM - Sun", "test"),
        ("Leaf - Summerghost", "test"),
    ]
    stems = songs[1].load()
    truth = made["drums"] + made["bass"] + made["other"]
    torch.testing.assert_close(heard(stems.vocal), made["vocals"], atol=1e-4, rtol=0)
    torch.testing.assert_close(heard(stems.accompaniment), truth, atol=2e-4, rtol=0)
    with pytest.raises(SamuelError, match="Summerghost/drums.wav: no such file"):
        songs[3].load()
    before = songs[1].state()
    put(tmp_path / "train/Zed - Blue/bass.wav", seconds=0.5)
    assert songs[1].state() != before
    with pytest.raises(SamuelError, match="unlike length.*bass.wav 0.50 s"):
        songs[1].load()


def test_the_validation_songs_are_those_of_torchaudio():
    from torchaudio.datasets import musdb_hq

    assert VALIDATION_SONGS == set(musdb_hq._VALIDATION_SET)


def test_no_song_at_all(tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(SamuelError, match="no song; expected train/SONG/"):
        MUSDB18HQSource(tmp_path).songs()
