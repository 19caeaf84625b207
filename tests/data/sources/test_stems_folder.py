import os
import pickle

import pytest
import torch

from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.data.sources.stems_folder import StemsFolderSource
from samuel_gen.errors import SamuelError


def the_song(root):
    (song,) = StemsFolderSource(root).songs()
    return song


def test_accompaniment_alone_is_the_band(tmp_path, put, heard):
    song = tmp_path / "A song 🎵"
    voice, band = put(song / "vocals.wav", 440), put(song / "accompaniment.flac", 100)
    put(song / "drums.wav", 900)
    item = the_song(tmp_path)
    stems = item.load()
    assert isinstance(item, SongItem) and isinstance(StemsFolderSource(tmp_path), Source)
    assert pickle.loads(pickle.dumps(item)) == item
    assert item.name == "A song 🎵" and stems.vocal.sample_rate == 44_100
    assert stems.metadata == {"stems": ["vocals.wav", "accompaniment.flac"]}
    torch.testing.assert_close(heard(stems.vocal), voice, atol=1e-4, rtol=0)
    torch.testing.assert_close(heard(stems.accompaniment), band, atol=1e-4, rtol=0)


def test_other_stems_are_summed_without_the_mixture(tmp_path, put, heard):
    song = tmp_path / "song"
    put(song / "Vocal.wav", 440)
    put(song / "mixture.wav", 3000)
    truth = put(song / "bass.wav", 50) + put(song / "drums.aiff", 900)
    (song / "notes.txt").write_text("words")
    (song / "._bass.wav").write_text("what a Mac leaves behind")
    stems = the_song(tmp_path).load()
    torch.testing.assert_close(heard(stems.accompaniment), truth, atol=1e-4, rtol=0)


def test_any_rate_and_any_channels(tmp_path, put, heard, sound):
    put(tmp_path / "song" / "vocals.wav", 440, 22_050, channels=1)
    put(tmp_path / "song" / "bass.ogg", 50, 48_000)
    put(tmp_path / "song" / "pad.wav", 200, 96_000, channels=6)
    stems = the_song(tmp_path).load()
    assert stems.accompaniment.sample_rate == 96_000
    both = heard(stems.vocal, 48_000), heard(stems.accompaniment, 48_000)
    assert both[0].shape == both[1].shape == (2, round(0.4 * 48_000))
    inner = slice(4000, -4000)
    torch.testing.assert_close(both[0][:, inner], sound(440, 48_000)[:, inner], atol=1e-3, rtol=0)


@pytest.mark.parametrize("seconds", [0.36, 0.44])
def test_lengths_may_differ_within_the_tolerance(tmp_path, put, seconds):
    put(tmp_path / "song" / "vocals.wav", 440)
    put(tmp_path / "song" / "bass.wav", 50, 8_000, seconds=seconds)
    assert the_song(tmp_path).load().accompaniment.samples == round(8_000 * seconds)


def test_unlike_lengths_name_song_files_and_lengths(tmp_path, put):
    put(tmp_path / "My song" / "vocals.wav", seconds=0.5)
    put(tmp_path / "My song" / "bass.wav", 50, 8_000)
    with pytest.raises(SamuelError, match="'My song'.*vocals.wav 0.50 s, bass.wav 0.40 s"):
        the_song(tmp_path).load()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["bass.wav"], "'so\\\\nng': none of vocals"),
        (["vocals.wav", "vocal.wav", "bass.wav"], "2 of them of vocals"),
        (["vocals.wav"], "no stem beside vocals.wav"),
        (["vocals.wav", "mixture.wav"], "no stem beside vocals.wav"),
        (["vocals.wav", "bass.wav", "Bass.flac"], "bass is there twice"),
        (["vocals.wav", "accompaniment.wav", "accompaniment.ogg"], "accompaniment is there twice"),
    ],
)
def test_folders_in_which_something_is_wrong(tmp_path, put, files, message):
    for name in files:
        put(tmp_path / "so\nng" / name, 100, 8_000)
    with pytest.raises(SamuelError, match=message) as told:
        the_song(tmp_path).load()
    assert "\n" not in str(told.value)


def test_no_song_at_all(tmp_path, put):
    (tmp_path / "empty folder").mkdir()
    with pytest.raises(SamuelError, match="no song among 1 folders"):
        StemsFolderSource(tmp_path).songs()
    with pytest.raises(SamuelError, match="no such folder"):
        StemsFolderSource(tmp_path / "nowhere").songs()
    put(tmp_path / "song" / "vocals.wav")
    assert [song.name for song in StemsFolderSource(tmp_path).songs()] == ["empty folder", "song"]


def test_links_are_followed_but_not_in_circles(tmp_path, put):
    root = tmp_path / "root"
    put(tmp_path / "elsewhere" / "vocals.wav")
    put(tmp_path / "elsewhere" / "bass.wav")
    root.mkdir()
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "up").symlink_to(tmp_path)
    (root / "self").symlink_to(root)
    (root / "knot").symlink_to(root / "knot")
    (tmp_path / "elsewhere" / "down").symlink_to(tmp_path / "elsewhere")
    knot, linked = StemsFolderSource(root).songs()
    assert linked.load().vocal.samples > 0
    with pytest.raises(SamuelError, match="knot"):
        knot.load()


def test_a_stem_that_leads_nowhere_is_told(tmp_path, put):
    put(tmp_path / "song" / "vocals.wav")
    put(tmp_path / "song" / "drums.wav")
    (tmp_path / "song" / "bass.wav").symlink_to(tmp_path / "gone.wav")
    with pytest.raises(SamuelError, match="bass.wav: no such file"):
        the_song(tmp_path).load()


def test_a_folder_without_permission_is_listed_and_told(tmp_path, put, monkeypatch):
    put(tmp_path / "b" / "vocals.wav")
    put(tmp_path / "a" / "vocals.wav")
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    song, other = StemsFolderSource(tmp_path).songs()
    assert song.name == "a" and other.name == "b"
    assert song.state() == ""
    with pytest.raises(SamuelError, match="/a: Permission denied"):
        song.load()


def test_the_state_changes_with_any_stem(tmp_path, put):
    song = tmp_path / "song"
    put(song / "vocals.wav")
    put(song / "bass.wav", 50)
    item = the_song(tmp_path)
    seen = {item.state()}
    assert item.state() in seen
    put(song / "drums.wav", 90)
    seen.add(item.state())
    put(song / "drums.wav", 90, seconds=0.41)
    seen.add(item.state())
    os.utime(song / "bass.wav", ns=(0, 10**18 + 1))
    seen.add(item.state())
    (song / "drums.wav").unlink()
    seen.add(item.state())
    assert len(seen) == 5


def test_a_thousand_songs_are_listed_without_opening_one(tmp_path, no_audio, monkeypatch):
    for number in range(1_000):
        (tmp_path / f"{number:04d}").mkdir()
        (tmp_path / f"{number:04d}" / "vocals.wav").touch()
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or scandir(path))
    songs = StemsFolderSource(tmp_path).songs()
    assert [song.name for song in songs] == [f"{number:04d}" for number in range(1_000)]
    assert len(listed) == 2, "the root, and folders up to the first that holds sound"


def test_a_name_that_is_no_text_is_shown_as_one(tmp_path, put):
    put(tmp_path / os.fsdecode(b"caf\xe9") / "vocals.wav")
    put(tmp_path / os.fsdecode(b"caf\xe9") / os.fsdecode(b"b\xe4ss.wav"), 50)
    item = the_song(tmp_path)
    assert item.name == "caf\\udce9"
    assert item.load().metadata["stems"] == ["vocals.wav", "b\\udce4ss.wav"]
