"""A source of finished songs: a separator makes their stems, once, and keeps them in files."""

import errno
import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import soundfile

from samuel_gen.audio.recording import Recording, SoundFile
from samuel_gen.audio.separation import Separator
from samuel_gen.data.sources.files import (
    describe_state,
    find_sound_files,
    make_readable,
    open_stems,
    strip_suffix,
)
from samuel_gen.data.sources.song import SongItem, Stems
from samuel_gen.errors import SamuelError

_PARTS = ("vocals.flac", "accompaniment.flac")
_RECORD = "separation.json"
_HEADROOM = 0.5  # a stem may exceed the peak of its mixture, and FLAC ends at full scale


@dataclass(frozen=True)
class MixtureItem:
    """The finished song `root/place`, with its stems in `stems/place/`.

    Attributes:
        root: the folder of the songs.
        place: the song's file, relative to `root`.
        separator: the separator that makes the stems.
        stems: the folder of all stems.
        split: None, as for any song without a given split.
    """

    root: Path
    place: str
    separator: Separator
    stems: Path = field(repr=False)
    split: str | None = None

    @property
    def name(self) -> str:
        """The path of the file below the folder of the songs, without its suffix."""
        return strip_suffix(self.place)

    @property
    def path(self) -> Path:
        """The file of the finished song."""
        return self.root / self.place

    @property
    def folder(self) -> Path:
        """The folder of the song's stems."""
        return self.stems / self.place

    def state(self) -> str:
        """Return size and time of the mixture."""
        return describe_state([self.path])

    def load(self) -> Stems:
        """Separate the song, unless that has been done, and open the stems.

        Raises:
            SamuelError: the mixture cannot be read.
            OSError: the stems cannot be written.
        """
        mixture = SoundFile(self.path)
        record = {"content": mixture.content_hash(), "separator": repr(self.separator)}
        if not self._has_stems(record):
            self._separate(mixture, record)
        vocal, accompaniment = (self.folder / part for part in _PARTS)
        metadata = {"mixture": make_readable(self.path.name)}
        stems = open_stems(self.name, [vocal], [accompaniment], metadata)
        return replace(stems, notes=mixture.lines)

    def _has_stems(self, record: dict[str, str]) -> bool:
        """Return whether the stems of this sound by this separator exist."""
        try:
            existing = json.loads((self.folder / _RECORD).read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return existing == record and all((self.folder / part).is_file() for part in _PARTS)

    def _separate(self, mixture: Recording, record: dict[str, str]) -> None:
        """Make the folder of the stems, completely or not at all."""
        from filelock import FileLock

        digest = hashlib.sha256(os.fsencode(self.place)).hexdigest()[:32]
        work = self.stems / ".partial" / digest
        old = work.with_name(f"{digest}.old")
        work.parent.mkdir(parents=True, exist_ok=True)
        lock = work.with_name(f"{digest}.lock")
        with FileLock(lock):
            if self._has_stems(record):  # another process was faster
                return
            for leftover in (work, old):
                shutil.rmtree(leftover, ignore_errors=True)
            work.mkdir()
            self._write_stems(mixture, work)
            (work / _RECORD).write_text(json.dumps(record), "utf-8")
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            if self.folder.exists():
                self.folder.rename(old)
            work.rename(self.folder)
            shutil.rmtree(old, ignore_errors=True)
            with suppress(OSError):
                lock.unlink()

    def _write_stems(self, mixture: Recording, folder: Path) -> None:
        rate = self.separator.sample_rate
        try:
            vocal, accompaniment = (
                soundfile.SoundFile(
                    os.fsencode(folder / part), "w", rate, 2, "PCM_24", format="FLAC"
                )
                for part in _PARTS
            )
            with vocal, accompaniment:
                for blocks in self.separator.separate(mixture):
                    for file, block in zip((vocal, accompaniment), blocks, strict=True):
                        file.write((_HEADROOM * block).T.numpy())
        except soundfile.SoundFileError as error:
            raise OSError(errno.EIO, f"cannot be written ({error})", str(folder)) from error


class MixturesSource:
    """Finished songs in a folder and its subfolders, with the stems that a separator makes.

    Each song is separated once, into `stems/PATH/vocals.flac` and `accompaniment.flac` (24 bit,
    6 dB below the mixture), and again if the song or the separator changes.

    Args:
        root: the folder of the songs.
        separator: the separator of vocal and accompaniment.
        stems: the folder of the stems; None is ROOT-stems beside the folder of the songs, so that
            later encodes find them.
    """

    def __init__(
        self, root: str | Path, separator: Separator, stems: str | Path | None = None
    ) -> None:
        self.root = Path(root)
        self.separator = separator
        beside = Path(os.path.abspath(self.root))
        self.stems = Path(stems) if stems else beside.with_name(f"{beside.name}-stems")

    def songs(self) -> list[SongItem]:
        """List all songs by path, and prepare the separator if one is not separated yet.

        Raises:
            SamuelError: there is no such folder, no sound file in it or no separator, or the
                folder of the stems cannot be written to.
        """
        files, faults = find_sound_files(self.root, "finished songs", exclude=self.stems)
        if not files:
            raise SamuelError(
                f"{self.root}: no sound file in it; source.root must contain finished songs"
            )
        songs = [MixtureItem(self.root, place, self.separator, self.stems) for place in files]
        if not all(os.path.exists(f"{self.stems}/{song.place}/{_RECORD}") for song in songs):
            self.separator.prepare()
            try:
                self.stems.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SamuelError(
                    f"{self.stems}: {error.strerror}; the stems cannot be kept here; choose "
                    "another folder with source.stems=DIR"
                ) from error
        return [*songs, *faults]
