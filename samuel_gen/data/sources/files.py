"""Songs in files: listing folders without opening audio, and reading stems that belong together."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samuel_gen.audio.recording import Recording, SoundFile, Summed
from samuel_gen.data.sources.song import Stems, UnusableSong
from samuel_gen.errors import SamuelError

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
LENGTH_TOLERANCE = 0.05  # seconds by which the stems of one song may differ


@dataclass(frozen=True)
class FilesItem:
    """A song whose files are known: those of the vocal and those of the band, each summed.

    Their paths are text, since a hundred thousand songs' `Path` objects take seconds to make.
    """

    name: str
    vocal: tuple[str, ...]
    accompaniment: tuple[str, ...]
    split: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def state(self) -> str:
        """Sizes and times of the files."""
        return state_of(self.vocal + self.accompaniment)

    def load(self) -> Stems:
        """Open the files; see `open_stems`."""
        return open_stems(self.name, self.vocal, self.accompaniment, self.metadata)


def open_stems(
    name: str,
    vocal: Sequence[str | Path],
    accompaniment: Sequence[str | Path],
    metadata: dict[str, Any],
    tolerance: float = LENGTH_TOLERANCE,
) -> Stems:
    """The song in these files; the headers tell their lengths.

    Args:
        name: of the song, for messages.
        vocal, accompaniment: at least one file each.
        metadata: see `Stems`.
        tolerance: seconds by which the lengths may differ.

    Raises:
        SamuelError: a file that is not audio, or lengths that differ by more.
    """
    files = [SoundFile(path) for path in (*vocal, *accompaniment)]
    seconds = [file.samples / file.sample_rate for file in files]
    if max(seconds) - min(seconds) > tolerance:
        lengths = ", ".join(
            f"{file.path.name} {length:.2f} s" for file, length in zip(files, seconds, strict=True)
        )
        raise SamuelError(
            f"song {name!r}: stems of unlike length ({lengths}); expected the same within "
            f"{tolerance} s; export them from the same start to the same end"
        )
    return Stems(_one(files[: len(vocal)]), _one(files[len(vocal) :]), metadata)


def state_of(paths: Iterable[str | Path]) -> str:
    """Names, sizes and times of files; a missing one is told too."""
    states = []
    for path in paths:
        try:
            found = os.stat(path)
            states.append(f"{os.path.basename(path)!r} {found.st_size} {found.st_mtime_ns}")
        except (OSError, ValueError):  # ValueError: no name that a file could have
            states.append(f"{os.path.basename(path)!r} -")
    return "; ".join(states)


def subfolders(root: Path, expected: str) -> list[Path]:
    """The folders in a folder, by name, and links that lead nowhere.

    Hidden ones and links back to a folder that this one is in are passed over.

    Args:
        root: the folder.
        expected: what should be there, for the message.

    Raises:
        SamuelError: there is no such folder, or it cannot be read.
    """
    if not root.is_dir():
        raise SamuelError(f"{root}: no such folder; expected {expected}; check source.root")
    above = {_identity(folder) for folder in (root, *root.resolve().parents)}
    return [
        root / name
        for name, kind in _entries(root)
        if kind in ("folder", "broken link")
        or (kind == "linked folder" and _identity(root / name) not in above)
    ]


def sound_files(folder: Path) -> list[Path]:
    """The sound files in a folder, by name, with links that lead nowhere; no hidden ones.

    Raises:
        SamuelError: the folder cannot be read.
    """
    return [
        folder / name for name, kind in _entries(folder) if _is_sound(name) and "folder" not in kind
    ]


def sound_tree(
    root: Path, expected: str, without: Path | None = None
) -> tuple[list[str], list[UnusableSong]]:
    """All sound files below a folder, relative to it, and places where nothing could be read.

    Links are followed, unless they lead back to a folder that they are in.

    Args:
        root: the folder.
        expected: what should be there, for the message.
        without: a folder that is passed over.

    Raises:
        SamuelError: there is no such folder, or it cannot be read.
    """
    if not root.is_dir():
        raise SamuelError(f"{root}: no such folder; expected {expected}; check the path")
    files: list[str] = []
    faults: list[UnusableSong] = []
    passed = {_identity(without)} if without and without.exists() else set()
    waiting = [("", frozenset(passed | {_identity(root)}))]
    while waiting:
        folder, above = waiting.pop()
        try:
            entries = _entries(root / folder)
        except SamuelError as error:
            if not folder:
                raise
            faults.append(UnusableSong(readable(folder), str(error)))
            continue
        for name, kind in entries:
            place = f"{folder}/{name}" if folder else name
            if "folder" in kind:
                own = _identity(root / place)
                if own not in above:
                    waiting.append((place, above | {own}))
            elif _is_sound(name):
                files.append(place)
            elif kind == "broken link":
                reason = f"{root / place}: a link that leads nowhere; mend it"
                faults.append(UnusableSong(readable(place), reason))
    return sorted(files), faults


def readable(name: str) -> str:
    """A file's name as text that can be encoded, whatever its bytes are."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def without_suffix(path: str) -> str:
    """The path, with slashes, as text that names a song."""
    return readable(os.path.splitext(path)[0].replace(os.sep, "/"))


def _entries(folder: Path) -> list[tuple[str, str]]:
    """What is in a folder, by name: "folder", "linked folder", "broken link" or "file"."""
    try:
        with os.scandir(folder) as found:
            return sorted((entry.name, _kind(entry)) for entry in found if entry.name[0] != ".")
    except OSError as error:
        raise SamuelError(
            f"{folder}: {error.strerror or error}; expected a folder that can be read; check its "
            "permissions"
        ) from error


def _is_sound(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _kind(entry: "os.DirEntry[str]") -> str:
    try:
        if entry.is_dir():
            return "linked folder" if entry.is_symlink() else "folder"
        return "broken link" if entry.is_symlink() and not entry.is_file() else "file"
    except OSError:  # a link to itself
        return "broken link"


def _identity(folder: Path) -> tuple[int, int]:
    found = os.stat(folder)
    return found.st_dev, found.st_ino


def _one(files: Sequence[SoundFile]) -> Recording:
    return files[0] if len(files) == 1 else Summed(files)
