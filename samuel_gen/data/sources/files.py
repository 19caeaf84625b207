"""Songs in files: folders are listed without opening a sound file, stems are opened together."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samuel_gen.audio.files import SOUND_SUFFIXES
from samuel_gen.audio.recording import Recording, SoundFile, SummedRecording
from samuel_gen.data.sources.song import Stems, UnusableSong
from samuel_gen.errors import SamuelError

LENGTH_TOLERANCE = 0.05  # seconds by which the stems of one song may differ


@dataclass(frozen=True)
class FilesItem:
    """A song given by the files of its vocal and those of its accompaniment, each summed.

    Paths are text, since the `Path` objects of a hundred thousand songs take seconds to make.
    """

    name: str
    vocal: tuple[str, ...]
    accompaniment: tuple[str, ...]
    split: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def state(self) -> str:
        """Return sizes and times of the files."""
        return describe_state(self.vocal + self.accompaniment)

    def load(self) -> Stems:
        """Open the files.

        Raises:
            SamuelError: a file cannot be used, or the lengths differ by more than
                LENGTH_TOLERANCE.
        """
        return open_stems(self.name, self.vocal, self.accompaniment, self.metadata)


@dataclass(frozen=True)
class FolderItem:
    """A song given by a folder, whose name is that of the song."""

    folder: Path
    split: str | None = None

    @property
    def name(self) -> str:
        """The name of the folder."""
        return make_readable(self.folder.name)


def open_stems(
    name: str,
    vocal: Sequence[str | Path],
    accompaniment: Sequence[str | Path],
    metadata: dict[str, Any],
    tolerance: float = LENGTH_TOLERANCE,
) -> Stems:
    """Open the files of a song. Lengths are compared by the headers.

    Args:
        name: the song's name, for messages.
        vocal, accompaniment: the files of the two parts, at least one each.
        metadata: the metadata of the song, ready for JSON.
        tolerance: the number of seconds by which the lengths may differ.

    Raises:
        SamuelError: a file is not audio, or the lengths differ by more than the tolerance.
    """
    files = [SoundFile(path) for path in (*vocal, *accompaniment)]
    seconds = [file.samples / file.sample_rate for file in files]
    if max(seconds) - min(seconds) > tolerance:
        lengths = ", ".join(
            f"{file.path.name} {length:.2f} s" for file, length in zip(files, seconds, strict=True)
        )
        raise SamuelError(
            f"song {name!r}: its stems differ in length by more than {tolerance} s ({lengths}); "
            "export them with the same start and end"
        )
    notes = tuple(line for file in files for line in file.lines)
    parts = _combine(files[: len(vocal)]), _combine(files[len(vocal) :])
    return Stems(*parts, metadata, notes=notes)


def describe_state(paths: Iterable[str | Path]) -> str:
    """Return names, sizes and times of files as text; a missing file is included."""
    states = []
    for path in paths:
        try:
            found = os.stat(path)
            states.append(f"{os.path.basename(path)!r} {found.st_size} {found.st_mtime_ns}")
        except (OSError, ValueError):  # ValueError: a name that no file can have
            states.append(f"{os.path.basename(path)!r} -")
    return "; ".join(states)


def list_subfolders(root: Path, expected: str) -> list[Path]:
    """List the folders in a folder by name, with broken links.

    Hidden folders and links to a folder that contains `root` are left out.

    Args:
        root: the folder.
        expected: the layout that should be there, for the message.

    Raises:
        SamuelError: there is no such folder, or it cannot be read.
    """
    if not root.is_dir():
        raise SamuelError(f"{root}: no such folder; source.root must contain {expected}")
    above = {_identify(folder) for folder in (root, *root.resolve().parents)}
    return [
        root / name
        for name, kind in _list_entries(root)
        if kind in ("folder", "broken link")
        or (kind == "linked folder" and _identify(root / name) not in above)
    ]


def list_sound_files(folder: Path) -> list[Path]:
    """List the sound files in a folder by name, with broken links and without hidden files.

    Raises:
        SamuelError: the folder cannot be read.
    """
    return [
        folder / name
        for name, kind in _list_entries(folder)
        if _is_sound(name) and "folder" not in kind
    ]


def find_sound_files(
    root: Path, expected: str, exclude: Path | None = None
) -> tuple[list[str], list[UnusableSong]]:
    """Find all sound files below a folder, and the places that cannot be read.

    Links are followed, unless they lead to a folder that contains them.

    Args:
        root: the folder.
        expected: the layout that should be there, for the message.
        exclude: a folder that is not searched.

    Returns:
        Paths relative to `root`, sorted, and an unusable song for each place that cannot be read.

    Raises:
        SamuelError: there is no such folder, or it cannot be read.
    """
    if not root.is_dir():
        raise SamuelError(f"{root}: no such folder; it must contain {expected}")
    files: list[str] = []
    faults: list[UnusableSong] = []
    excluded = {_identify(exclude)} if exclude and exclude.exists() else set()
    waiting = [("", frozenset(excluded | {_identify(root)}))]
    while waiting:
        folder, above = waiting.pop()
        try:
            entries = _list_entries(root / folder)
        except SamuelError as error:
            if not folder:
                raise
            faults.append(UnusableSong(make_readable(folder), str(error)))
            continue
        for name, kind in entries:
            place = f"{folder}/{name}" if folder else name
            if "folder" in kind:
                own = _identify(root / place)
                if own not in above:
                    waiting.append((place, above | {own}))
            elif _is_sound(name):
                files.append(place)
            elif kind == "broken link":
                reason = f"{root / place}: a broken link; repair or remove it"
                faults.append(UnusableSong(make_readable(place), reason))
    return sorted(files), faults


def make_readable(name: str) -> str:
    """Return a file's name as text that can be encoded, whatever its bytes are."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def strip_suffix(path: str) -> str:
    """Return the path without its suffix, with slashes, as the name of a song."""
    return make_readable(os.path.splitext(path)[0].replace(os.sep, "/"))


def _list_entries(folder: Path) -> list[tuple[str, str]]:
    """List a folder by name, each entry with its kind, see `_classify`."""
    try:
        with os.scandir(folder) as found:
            return sorted((entry.name, _classify(entry)) for entry in found if entry.name[0] != ".")
    except OSError as error:
        raise SamuelError(
            f"{folder}: {error.strerror or error}; check the permissions of the folder"
        ) from error


def _is_sound(name: str) -> bool:
    return name.lower().endswith(SOUND_SUFFIXES)


def _classify(entry: "os.DirEntry[str]") -> str:
    """Return "folder", "linked folder", "broken link" or "file"."""
    try:
        if entry.is_dir():
            return "linked folder" if entry.is_symlink() else "folder"
        return "broken link" if entry.is_symlink() and not entry.is_file() else "file"
    except OSError:  # a link to itself
        return "broken link"


def _identify(folder: Path) -> tuple[int, int]:
    """Return device and inode, which are the same for all links to a folder."""
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _combine(files: Sequence[SoundFile]) -> Recording:
    return files[0] if len(files) == 1 else SummedRecording(files)
