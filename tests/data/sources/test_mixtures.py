import os
import pickle
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import soundfile
import torch

from samuel_gen.audio.separation import Separator
from samuel_gen.data.sources.mixtures import MixturesSource
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.data.sources.stems_folder import StemsFolderSource
from samuel_gen.errors import SamuelError


@dataclass(frozen=True)
class ShareSeparator:
    """A separator that gives a share of every sample to the vocal, and logs its calls in a file."""

    log: Path = field(repr=False)
    vocal: float = 0.25
    killed_after: int | None = field(default=None, repr=False)
    sample_rate: int = 22_050

    def prepare(self):
        self._note("prepare")

    def separate(self, mixture):
        self._note("separate")
        for number, block in enumerate(mixture.blocks(self.sample_rate)):
            if number == self.killed_after:
                raise KeyboardInterrupt
            for half in block.split(block.shape[-1] // 2 + 1, dim=-1):
                yield self.vocal * half, (1 - self.vocal) * half

    def _note(self, word):
        with self.log.open("a") as file:
            file.write(word + "\n")

    def calls(self):
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def separator(tmp_path):
    return ShareSeparator(tmp_path / "log")


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_songs_are_separated_once_into_sound_files(tmp_path, write_tone, read_all, separator):
    root = tmp_path / "music"
    write_tone(root / "a b" / "song 🎵.wav", 440, 22_050)
    write_tone(root / "two.mp3", 100, 22_050)
    source = MixturesSource(root, separator)
    assert isinstance(separator, Separator) and isinstance(source, Source)
    first, second = source.songs()
    assert isinstance(first, SongItem) and pickle.loads(pickle.dumps(first)) == first
    assert (first.name, second.name, first.split) == ("a b/song 🎵", "two", None)
    stems = first.load()
    (mixture, _) = soundfile.read(root / "a b" / "song 🎵.wav", dtype="float32")
    truth = torch.from_numpy(mixture.T)
    torch.testing.assert_close(read_all(stems.vocal), 0.25 * 0.5 * truth, atol=1e-6, rtol=0)
    torch.testing.assert_close(read_all(stems.accompaniment), 0.75 * 0.5 * truth, atol=1e-6, rtol=0)
    assert stems.metadata == {"mixture": "song 🎵.wav"}
    place = tmp_path / "music-stems" / "a b" / "song 🎵.wav"
    assert files(place) == ["accompaniment.flac", "separation.json", "vocals.flac"]
    assert soundfile.info(place / "vocals.flac").subtype == "PCM_24"
    content = stems.vocal.content_hash()
    assert MixturesSource(root, separator).songs()[0].load().vocal.content_hash() == content
    assert separator.calls() == ["prepare", "separate", "prepare"]
    second.load()
    source.songs()
    assert separator.calls() == ["prepare", "separate", "prepare", "separate"], "nothing left to do"
    assert files(tmp_path / "music-stems" / ".partial") == []
    assert len(StemsFolderSource(tmp_path / "music-stems").songs()) == 2


def test_a_killed_separation_leaves_nothing_and_is_repeated(tmp_path, write_tone, separator):
    write_tone(tmp_path / "music" / "song.wav", seconds=20.0)  # several blocks
    killed = ShareSeparator(separator.log, killed_after=1)
    (song,) = MixturesSource(tmp_path / "music", killed).songs()
    with pytest.raises(KeyboardInterrupt):
        song.load()
    assert not song.folder.exists()
    (song,) = MixturesSource(tmp_path / "music", separator).songs()
    assert song.load().vocal.samples == 20 * 22_050
    assert files(tmp_path / "music-stems") == [
        f"song.wav/{name}" for name in ("accompaniment.flac", "separation.json", "vocals.flac")
    ]
    assert separator.calls() == ["prepare", "separate"] * 2


def test_changed_songs_and_other_separators_are_separated_again(
    tmp_path, write_tone, read_all, separator
):
    write_tone(tmp_path / "music" / "song.wav")
    (song,) = MixturesSource(tmp_path / "music", separator).songs()
    before, state = song.load().vocal.content_hash(), song.state()
    os.utime(tmp_path / "music" / "song.wav", ns=(0, 1))
    assert song.state() != state
    assert song.load() and separator.calls().count("separate") == 1, "the sound is the same"
    write_tone(tmp_path / "music" / "song.wav", 200)
    other = song.load().vocal.content_hash()
    assert other != before and separator.calls().count("separate") == 2
    (again,) = MixturesSource(tmp_path / "music", ShareSeparator(separator.log, vocal=0.5)).songs()
    assert repr(again) != repr(song)
    assert again.load().vocal.content_hash() not in (before, other)
    (again.folder / "vocals.flac").unlink()
    again.load()
    assert separator.calls().count("separate") == 4


def test_songs_are_listed_without_opening_one(tmp_path, separator, no_audio):
    root = tmp_path / "music"
    for name in ("b.wav", "a.mp3", "a.wav", "deep/c.ogg", ".hidden.wav", "stems/a.wav/vocals.flac"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "deep" / "loop").symlink_to(root)
    (root / "knot").symlink_to(root / "knot")
    songs = MixturesSource(root, separator, root / "stems").songs()
    assert [song.name for song in songs] == ["a", "a", "b", "deep/c", "knot"]
    assert len({song.folder for song in songs[:-1]}) == 4
    with pytest.raises(SamuelError, match="knot: a broken link"):
        songs[-1].load()


def test_unreadable_songs_are_reported_before_separation(tmp_path, write_tone, separator):
    write_tone(tmp_path / "music" / "cut.wav")
    data = (tmp_path / "music" / "cut.wav").read_bytes()
    (tmp_path / "music" / "cut.wav").write_bytes(data[:9_999])
    (song,) = MixturesSource(tmp_path / "music", separator).songs()
    with pytest.raises(SamuelError, match="cut.wav: cut short"):
        song.load()
    assert separator.calls() == ["prepare"]


def test_missing_parts_are_reported_at_once(tmp_path, write_tone, separator):
    class WithoutWeights(ShareSeparator):
        def prepare(self):
            raise SamuelError("no weights")

    write_tone(tmp_path / "music" / "song.wav")
    with pytest.raises(SamuelError, match="no weights"):
        MixturesSource(tmp_path / "music", WithoutWeights(tmp_path / "log")).songs()
    (tmp_path / "file").touch()
    with pytest.raises(SamuelError, match="file: File exists.*source.stems"):
        MixturesSource(tmp_path / "music", separator, tmp_path / "file").songs()
    (tmp_path / "empty").mkdir()
    with pytest.raises(SamuelError, match="no sound file in it"):
        MixturesSource(tmp_path / "empty", separator).songs()
    with pytest.raises(SamuelError, match="no such folder"):
        MixturesSource(tmp_path / "gone", separator).songs()


def test_a_disk_without_room_ends_the_job(tmp_path, write_tone, separator, monkeypatch):
    write_tone(tmp_path / "music" / "song.wav")
    (song,) = MixturesSource(tmp_path / "music", separator).songs()

    def full(*_):
        raise soundfile.LibsndfileError(2)

    monkeypatch.setattr(soundfile.SoundFile, "write", full)
    with pytest.raises(OSError, match="cannot be written"):
        song.load()
    assert not song.folder.exists()
