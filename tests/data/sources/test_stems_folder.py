import os
import pickle

import pytest
import torch

from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.data.sources.stems_folder import StemsFolderSource
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats
from samuel_gen.lead_sheet.text import format_lead_sheet


def get_only_song(root):
    (song,) = StemsFolderSource(root).songs()
    return song


def test_an_accompaniment_file_is_used_alone(tmp_path, write_tone, read_all):
    song = tmp_path / "A song 🎵"
    vocal = write_tone(song / "vocals.wav", 440)
    accompaniment = write_tone(song / "accompaniment.flac", 100)
    write_tone(song / "drums.wav", 900)
    item = get_only_song(tmp_path)
    stems = item.load()
    assert isinstance(item, SongItem) and isinstance(StemsFolderSource(tmp_path), Source)
    assert pickle.loads(pickle.dumps(item)) == item
    assert item.name == "A song 🎵" and stems.vocal.sample_rate == 44_100
    assert stems.metadata == {"stems": ["vocals.wav", "accompaniment.flac"]}
    torch.testing.assert_close(read_all(stems.vocal), vocal, atol=1e-4, rtol=0)
    torch.testing.assert_close(read_all(stems.accompaniment), accompaniment, atol=1e-4, rtol=0)


def test_other_stems_are_summed_without_the_mixture(tmp_path, write_tone, read_all):
    song = tmp_path / "song"
    write_tone(song / "Vocal.wav", 440)
    write_tone(song / "mixture.wav", 3000)
    truth = write_tone(song / "bass.wav", 50) + write_tone(song / "drums.aiff", 900)
    (song / "notes.txt").write_text("words")
    (song / "._bass.wav").write_text("what a Mac leaves behind")
    stems = get_only_song(tmp_path).load()
    torch.testing.assert_close(read_all(stems.accompaniment), truth, atol=1e-4, rtol=0)


def test_any_rate_and_any_channels_are_read(tmp_path, write_tone, read_all, make_tone):
    write_tone(tmp_path / "song" / "vocals.wav", 440, 22_050, channels=1)
    write_tone(tmp_path / "song" / "bass.ogg", 50, 48_000)
    write_tone(tmp_path / "song" / "pad.wav", 200, 96_000, channels=6)
    stems = get_only_song(tmp_path).load()
    assert stems.accompaniment.sample_rate == 96_000
    both = read_all(stems.vocal, 48_000), read_all(stems.accompaniment, 48_000)
    assert both[0].shape == both[1].shape == (2, round(0.4 * 48_000))
    inner = slice(4000, -4000)
    torch.testing.assert_close(
        both[0][:, inner], make_tone(440, 48_000)[:, inner], atol=1e-3, rtol=0
    )


def test_a_lead_sheet_beside_the_stems_is_that_of_the_song(tmp_path, write_tone):
    song = tmp_path / "song"
    write_tone(song / "vocals.wav", 440)
    write_tone(song / "bass.wav", 50)
    item = get_only_song(tmp_path)
    state = item.state()
    assert item.load().lead_sheet is None
    sheet = LeadSheet(steady_beats(92, 0.41, 9))
    (song / "lead_sheet.txt").write_text(format_lead_sheet(sheet))
    assert item.load().lead_sheet == sheet
    assert item.state() != state, "a new sheet is a new state: the song is encoded again"
    (song / "lead_sheet.txt").write_text("tempo: quick\n")
    with pytest.raises(SamuelError, match="lead_sheet.txt, line 1, column 8: tempo: 'quick'"):
        item.load()


@pytest.mark.parametrize("seconds", [0.36, 0.44])
def test_lengths_may_differ_within_the_tolerance(tmp_path, write_tone, seconds):
    write_tone(tmp_path / "song" / "vocals.wav", 440)
    write_tone(tmp_path / "song" / "bass.wav", 50, 8_000, seconds=seconds)
    assert get_only_song(tmp_path).load().accompaniment.samples == round(8_000 * seconds)


def test_different_lengths_are_refused_with_files_and_lengths(tmp_path, write_tone):
    write_tone(tmp_path / "My song" / "vocals.wav", seconds=0.5)
    write_tone(tmp_path / "My song" / "bass.wav", 50, 8_000)
    with pytest.raises(SamuelError, match="'My song'.*vocals.wav 0.50 s, bass.wav 0.40 s"):
        get_only_song(tmp_path).load()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["bass.wav"], "'so\\\\nng': no vocals"),
        (["vocals.wav", "vocal.wav", "bass.wav"], "2 vocals"),
        (["vocals.wav"], "no stem beside vocals.wav"),
        (["vocals.wav", "mixture.wav"], "no stem beside vocals.wav"),
        (["vocals.wav", "bass.wav", "Bass.flac"], "the stem bass exists in several formats"),
        (
            ["vocals.wav", "accompaniment.wav", "accompaniment.ogg"],
            "the stem accompaniment exists in several formats",
        ),
    ],
)
def test_unusable_folders_give_one_line(tmp_path, write_tone, files, message):
    for name in files:
        write_tone(tmp_path / "so\nng" / name, 100, 8_000)
    with pytest.raises(SamuelError, match=message) as raised:
        get_only_song(tmp_path).load()
    assert "\n" not in str(raised.value)


def test_a_source_without_songs_is_refused(tmp_path, write_tone):
    (tmp_path / "empty folder").mkdir()
    with pytest.raises(SamuelError, match="no song among 1 folders"):
        StemsFolderSource(tmp_path).songs()
    with pytest.raises(SamuelError, match="no such folder"):
        StemsFolderSource(tmp_path / "nowhere").songs()
    write_tone(tmp_path / "song" / "vocals.wav")
    assert [song.name for song in StemsFolderSource(tmp_path).songs()] == ["empty folder", "song"]


def test_links_are_followed_but_not_in_circles(tmp_path, write_tone):
    root = tmp_path / "root"
    write_tone(tmp_path / "elsewhere" / "vocals.wav")
    write_tone(tmp_path / "elsewhere" / "bass.wav")
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


def test_a_stem_that_is_a_broken_link_is_reported(tmp_path, write_tone):
    write_tone(tmp_path / "song" / "vocals.wav")
    write_tone(tmp_path / "song" / "drums.wav")
    (tmp_path / "song" / "bass.wav").symlink_to(tmp_path / "gone.wav")
    with pytest.raises(SamuelError, match="bass.wav: no such file"):
        get_only_song(tmp_path).load()


def test_an_unreadable_folder_is_listed_and_reported(tmp_path, write_tone, monkeypatch):
    write_tone(tmp_path / "b" / "vocals.wav")
    write_tone(tmp_path / "a" / "vocals.wav")
    scandir = os.scandir

    def refuse_one(path):
        if str(path).endswith("a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse_one)
    song, other = StemsFolderSource(tmp_path).songs()
    assert song.name == "a" and other.name == "b"
    assert song.state() == ""
    with pytest.raises(SamuelError, match="/a: Permission denied"):
        song.load()


def test_the_state_changes_with_any_stem(tmp_path, write_tone):
    song = tmp_path / "song"
    write_tone(song / "vocals.wav")
    write_tone(song / "bass.wav", 50)
    item = get_only_song(tmp_path)
    seen = {item.state()}
    assert item.state() in seen
    write_tone(song / "drums.wav", 90)
    seen.add(item.state())
    write_tone(song / "drums.wav", 90, seconds=0.41)
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


def test_a_name_that_is_not_text_is_made_readable(tmp_path, write_tone):
    write_tone(tmp_path / os.fsdecode(b"caf\xe9") / "vocals.wav")
    write_tone(tmp_path / os.fsdecode(b"caf\xe9") / os.fsdecode(b"b\xe4ss.wav"), 50)
    item = get_only_song(tmp_path)
    assert item.name == "caf\\udce9"
    assert item.load().metadata["stems"] == ["vocals.wav", "b\\udce4ss.wav"]
