import pytest
import torch

from samuel_gen.data.sources.musdb18hq import VALIDATION_SONGS, MUSDB18HQSource
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.errors import SamuelError

PITCHES = {"vocals": 440, "drums": 900, "bass": 50, "other": 300, "mixture": 3000}


def test_stems_are_summed_and_splits_are_the_usual_ones(tmp_path, write_tone, read_all):
    for place in ("train/Zed - Blue", "train/Leaf - Summerghost", "test/AM - Sun", "test/.cache"):
        tones = {
            stem: write_tone(tmp_path / place / f"{stem}.wav", pitch)
            for stem, pitch in PITCHES.items()
        }
    write_tone(tmp_path / "test" / "Leaf - Summerghost" / "vocals.wav")
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
    truth = tones["drums"] + tones["bass"] + tones["other"]
    torch.testing.assert_close(read_all(stems.vocal), tones["vocals"], atol=1e-4, rtol=0)
    torch.testing.assert_close(read_all(stems.accompaniment), truth, atol=2e-4, rtol=0)
    with pytest.raises(SamuelError, match="Summerghost/drums.wav: no such file"):
        songs[3].load()
    before = songs[1].state()
    write_tone(tmp_path / "train/Zed - Blue/bass.wav", seconds=0.5)
    assert songs[1].state() != before
    with pytest.raises(SamuelError, match="differ in length.*bass.wav 0.50 s"):
        songs[1].load()


def test_the_validation_songs_are_those_of_torchaudio():
    from torchaudio.datasets import musdb_hq

    assert VALIDATION_SONGS == set(musdb_hq._VALIDATION_SET)


def test_a_folder_without_songs_is_refused(tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(SamuelError, match="no song; source.root must contain train/SONG/"):
        MUSDB18HQSource(tmp_path).songs()
