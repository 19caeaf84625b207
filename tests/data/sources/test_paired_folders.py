import os

import pytest
import torch

from samuel_gen.data.sources.paired_folders import PairedFoldersSource
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.errors import SamuelError


def test_files_with_the_same_name_are_a_song(tmp_path, write_tone, read_all):
    vocals, accompaniments = tmp_path / "vocals", tmp_path / "accompaniments"
    vocal = write_tone(vocals / "a" / "Mr. Blue.wav", 440)
    accompaniment = write_tone(accompaniments / "a" / "Mr. Blue.flac", 100)
    write_tone(vocals / "b.aiff", 500)
    write_tone(accompaniments / "b.wav", 200, 8_000)
    write_tone(accompaniments / ".b.wav", 200, 8_000)
    source = PairedFoldersSource(vocals, accompaniments)
    first, second = source.songs()
    assert isinstance(source, Source) and isinstance(first, SongItem)
    assert (first.name, second.name, first.split) == ("a/Mr. Blue", "b", None)
    stems = first.load()
    torch.testing.assert_close(read_all(stems.vocal), vocal, atol=1e-4, rtol=0)
    torch.testing.assert_close(read_all(stems.accompaniment), accompaniment, atol=1e-4, rtol=0)
    before = second.state()
    os.utime(accompaniments / "b.wav", ns=(0, 1))
    assert second.state() != before


def test_files_without_a_counterpart_are_reported(tmp_path, write_tone, no_audio):
    for name in ("v/both.wav", "v/on\nly.wav", "v/two.wav", "v/two.ogg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in ("b/both.mp3", "b/alone.wav", "b/two.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    songs = PairedFoldersSource(tmp_path / "v", tmp_path / "b").songs()
    assert [song.name for song in songs] == ["alone", "both", "on\nly", "two"]
    for song, found in ((songs[0], "0.*1"), (songs[2], "1.*0"), (songs[3], "2.*1")):
        with pytest.raises(SamuelError, match=found) as raised:
            song.load()
        assert "\n" not in str(raised.value) and song.state() == ""


def test_links_are_followed_but_not_in_circles(tmp_path, write_tone, no_audio):
    for root in ("v", "b"):
        (tmp_path / root / "x").mkdir(parents=True)
        (tmp_path / root / "y").mkdir()
        (tmp_path / root / "x" / "song.wav").touch()
        (tmp_path / root / "x" / "back").symlink_to(tmp_path / root)
        (tmp_path / root / "x" / "over").symlink_to(tmp_path / root / "y")
        (tmp_path / root / "y" / "over").symlink_to(tmp_path / root / "x")
    (tmp_path / "v" / "gone").symlink_to(tmp_path / "nowhere")
    songs = PairedFoldersSource(tmp_path / "v", tmp_path / "b").songs()
    assert [song.name for song in songs] == ["gone", "x/song", "y/over/song"]
    with pytest.raises(SamuelError, match="gone: a broken link"):
        songs[0].load()


def test_an_unreadable_folder_is_listed_and_reported(tmp_path, monkeypatch):
    for root in ("v", "b"):
        (tmp_path / root / "closed").mkdir(parents=True)
        (tmp_path / root / "song.wav").touch()
    scandir = os.scandir

    def refuse_one(path):
        if str(path).endswith("v/closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse_one)
    closed, song = PairedFoldersSource(tmp_path / "v", tmp_path / "b").songs()
    assert (closed.name, song.name) == ("closed", "song")
    with pytest.raises(SamuelError, match="v/closed: Permission denied"):
        closed.load()


def test_folders_without_a_pair_are_refused(tmp_path, write_tone):
    for name in ("v/a.wav", "b/b.wav"):
        write_tone(tmp_path / name)
    with pytest.raises(SamuelError, match="1 and 1 sound files, but no two with the same name"):
        PairedFoldersSource(tmp_path / "v", tmp_path / "b").songs()
    with pytest.raises(SamuelError, match="nowhere: no such folder"):
        PairedFoldersSource(tmp_path / "v", tmp_path / "nowhere").songs()
