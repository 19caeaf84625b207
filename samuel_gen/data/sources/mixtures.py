"""Finished songs: the voice is taken out of them first, once, into files that can be heard."""

import errno
import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

from samuel_gen.audio.recording import Recording, SoundFile
from samuel_gen.audio.separation import Separator
from samuel_gen.data.sources.files import open_stems, readable, sound_tree, state_of, without_suffix
from samuel_gen.data.sources.song import SongItem, Stems
from samuel_gen.errors import SamuelError

_PARTS = ("vocals.flac", "accompaniment.flac")
_ABOUT = "separation.json"
_HEADROOM = 0.5  # a stem may be louder than its mixture, and FLAC ends at full scale


@dataclass(frozen=True)
class MixtureItem:
    """The finished song `root/place`, and where its stems are or will be: `stems/place/`."""

    root: Path
    place: str
    separator: Separator
    stems: Path = field(repr=False)
    split: str | None = None

    @property
    def name(self) -> str:
        """The file's path below the source's folder, without its suffix."""
        return without_suffix(self.place)

    @property
    def path(self) -> Path:
        """The finished song's file."""
        return self.root / self.place

    @property
    def folder(self) -> Path:
        """The folder of its stems."""
        return self.stems / self.place

    def state(self) -> str:
        """Size and time of the mixture."""
        return state_of([self.path])

    def load(self) -> Stems:
        """Separate the song, unless it has been, and open the stems.

        Raises:
            SamuelError: the mixture cannot be read.
            OSError: the stems cannot be written.
        """
        mixture = SoundFile(self.path)
        about = {"content": mixture.content(), "separator": repr(self.separator)}
        if not self._holds(about):
            self._separate(mixture, about)
        vocal, band = (self.folder / part for part in _PARTS)
        return open_stems(self.name, [vocal], [band], {"mixture": readable(self.path.name)})

    def _holds(self, about: dict[str, str]) -> bool:
        """Whether the stems of this very song by this separator are there."""
        try:
            known = json.loads((self.folder / _ABOUT).read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return known == about and all((self.folder / part).is_file() for part in _PARTS)

    def _separate(self, mixture: Recording, about: dict[str, str]) -> None:
        """Fill the folder; it appears whole or not at all."""
        from filelock import FileLock

        digest = hashlib.sha256(os.fsencode(self.place)).hexdigest()[:32]
        work = self.stems / ".partial" / digest
        old = work.with_name(f"{digest}.old")
        work.parent.mkdir(parents=True, exist_ok=True)
        lock = work.with_name(f"{digest}.lock")
        with FileLock(lock):
            if self._holds(about):  # another process was faster
                return
            for leftover in (work, old):
                shutil.rmtree(leftover, ignore_errors=True)
            work.mkdir()
            self._write(mixture, work)
            (work / _ABOUT).write_text(json.dumps(about), "utf-8")
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            if self.folder.exists():
                self.folder.rename(old)
            work.rename(self.folder)
            shutil.rmtree(old, ignore_errors=True)
            with suppress(OSError):
                lock.unlink()

    def _write(self, mixture: Recording, folder: Path) -> None:
        rate = self.separator.sample_rate
        try:
            vocal, band = (
                soundfile.SoundFile(
                    os.fsencode(folder / part), "w", rate, 2, "PCM_24", format="FLAC"
                )
                for part in _PARTS
            )
            with vocal, band:
                for blocks in self.separator.separate(mixture):
                    for file, block in zip((vocal, band), blocks, strict=True):
                        file.write((_HEADROOM * block).T.numpy())
        except soundfile.SoundFileError as error:
            raise OSError(errno.EIO, f"cannot be written ({error})", str(folder)) from error


class MixturesSource:
    """Finished songs below a folder, however deep; a separator gives their stems.

    Each is separated once, into `stems/PATH/vocals.flac` and `accompaniment.flac` (24 bit, 6 dB
    below the mixture's level), and again where the song or the separator has changed.

    Args:
        root: the folder of the songs.
        separator: takes the voice out; what else there is is the accompaniment.
        stems: the folder of the stems; None is ROOT-stems beside the songs, so that every later
            encode finds them.
    """

    def __init__(
        self, root: str | Path, separator: Separator, stems: str | Path | None = None
    ) -> None:
        self.root = Path(root)
        self.separator = separator
        beside = Path(os.path.abspath(self.root))
        self.stems = Path(stems) if stems else beside.with_name(f"{beside.name}-stems")

    def songs(self) -> list[SongItem]:
        """All songs, by path. Where one is still to be separated, the separator is made ready.

        Raises:
            SamuelError: no such folder, no sound file in it, no separator, or a folder for the
                stems that cannot be written to.
        """
        files, faults = sound_tree(self.root, "finished songs", without=self.stems)
        if not files:
            raise SamuelError(
                f"{self.root}: no sound file in it; expected finished songs; check source.root"
            )
        songs = [MixtureItem(self.root, place, self.separator, self.stems) for place in files]
        if not all(os.path.exists(f"{self.stems}/{song.place}/{_ABOUT}") for song in songs):
            self.separator.prepare()
            try:
                self.stems.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SamuelError(
                    f"{self.stems}: {error.strerror}; expected a folder to keep the stems in; name "
                    "another with source.stems=DIR"
                ) from error
        return [*songs, *faults]
