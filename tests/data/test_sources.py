import math
import pickle

import pytest
import torch

from samuel_gen.audio.files import write_audio
from samuel_gen.data.sources import RenderedSource, StemsFolderSource
from samuel_gen.errors import SamuelError


def tone(frequency: float, rate: int, seconds: float = 1.2, channels: int = 2) -> torch.Tensor:
    time = torch.arange(round(rate * seconds), dtype=torch.float64) / rate
    return 0.2 * torch.sin(2 * math.pi * frequency * time).float().repeat(channels, 1)


def the_song(root):
    (song,) = StemsFolderSource(root).songs()
    return song


def test_accompaniment_alone_is_the_band(tmp_path):
    song = tmp_path / "A song 🎵"
    write_audio(song / "vocals.wav", tone(440, 44_100), 44_100)
    write_audio(song / "accompaniment.flac", tone(100, 44_100), 44_100)
    write_audio(song / "drums.wav", tone(900, 44_100), 44_100)
    item = the_song(tmp_path)
    stems = item.load()
    assert item.name == "A song 🎵" and stems.sample_rate == 44_100
    torch.testing.assert_close(stems.vocal, tone(440, 44_100), atol=1e-6, rtol=0)
    torch.testing.assert_close(stems.accompaniment, tone(100, 44_100), atol=1e-6, rtol=0)


def test_other_stems_are_summed_without_the_mixture(tmp_path):
    for name, frequency in (("Vocal", 440), ("bass", 50), ("drums", 900), ("mixture", 3000)):
        write_audio(tmp_path / "song" / f"{name}.wav", tone(frequency, 44_100), 44_100)
    (tmp_path / "song" / "notes.txt").write_text("words")
    (tmp_path / "song" / "._bass.wav").write_text("what a Mac leaves behind")
    stems = the_song(tmp_path).load()
    truth = tone(50, 44_100) + tone(900, 44_100)
    torch.testing.assert_close(stems.accompaniment, truth, atol=1e-6, rtol=0)


def test_any_rate_and_any_channels(tmp_path):
    write_audio(tmp_path / "song" / "vocals.wav", tone(440, 22_050, channels=1), 22_050)
    write_audio(tmp_path / "song" / "bass.ogg", tone(50, 48_000), 48_000)
    write_audio(tmp_path / "song" / "pad.wav", tone(200, 44_100, channels=6), 44_100)
    stems = the_song(tmp_path).load()
    assert stems.sample_rate == 48_000
    assert stems.vocal.shape == stems.accompaniment.shape == (2, round(1.2 * 48_000))
    inner = slice(4000, -4000)
    torch.testing.assert_close(
        stems.vocal[:, inner], tone(440, 48_000)[:, inner], atol=1e-3, rtol=0
    )


@pytest.mark.parametrize("seconds", [1.16, 1.24])
def test_lengths_within_the_tolerance_are_made_equal(tmp_path, seconds):
    write_audio(tmp_path / "song" / "vocals.wav", tone(440, 44_100), 44_100)
    write_audio(tmp_path / "song" / "bass.wav", tone(50, 44_100, seconds), 44_100)
    stems = the_song(tmp_path).load()
    assert stems.vocal.shape == stems.accompaniment.shape == (2, 52_920)


def test_unlike_lengths_name_song_files_and_lengths(tmp_path):
    write_audio(tmp_path / "My song" / "vocals.wav", tone(440, 44_100, 2.0), 44_100)
    write_audio(tmp_path / "My song" / "bass.wav", tone(50, 44_100, 1.9), 44_100)
    with pytest.raises(SamuelError, match="'My song'.*vocals.wav 2.00 s, bass.wav 1.90 s"):
        the_song(tmp_path).load()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["bass.wav"], "'song': none of vocals"),
        (["vocals.wav", "vocal.wav", "bass.wav"], "'song': 2 of them of vocals"),
        (["vocals.wav"], "'song': no stem beside vocals.wav"),
        (["vocals.wav", "mixture.wav"], "'song': no stem beside vocals.wav"),
    ],
)
def test_folders_in_which_something_is_wrong(tmp_path, files, message):
    for name in files:
        write_audio(tmp_path / "song" / name, tone(100, 8_000), 8_000)
    with pytest.raises(SamuelError, match=message):
        the_song(tmp_path).load()


def test_no_song_at_all(tmp_path):
    (tmp_path / "empty folder").mkdir()
    with pytest.raises(SamuelError, match="no song among 1 folders"):
        StemsFolderSource(tmp_path).songs()
    with pytest.raises(SamuelError, match="no such folder"):
        StemsFolderSource(tmp_path / "nowhere").songs()


def test_rendered_songs_have_names_of_their_own():
    source = RenderedSource(songs=3, seconds=8.0, seed=5)
    assert [song.name for song in source.songs()] == [f"rendered-5-{n:05d}" for n in range(3)]
    assert pickle.loads(pickle.dumps(source.songs()[2])) == source.songs()[2]
    assert repr(RenderedSource(3, 9.0, 5).songs()[2]) != repr(source.songs()[2])
    with pytest.raises(SamuelError, match="0 songs"):
        RenderedSource(songs=0)


def test_a_rendered_song_can_be_loaded():
    pytest.importorskip("pretty_midi")
    first, second = RenderedSource(songs=2, seconds=4.0).songs()
    stems = first.load()
    assert stems.sample_rate == 44_100 and stems.vocal.shape[0] == 2
    assert stems.vocal.shape == stems.accompaniment.shape
    assert stems.metadata["seed"] != second.load().metadata["seed"]
    again = first.load()
    assert torch.equal(stems.vocal, again.vocal)
