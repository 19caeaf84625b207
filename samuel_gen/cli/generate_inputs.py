"""The recordings that `samuel-generate` is given: files, folders and pipes."""

import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from samuel_gen.errors import SamuelError
from samuel_gen.storage import explain_write_errors

_STDIN = "-"
_MOST_BYTES = 2**32  # of a pipe; a day of speech, far more than a song
_BLOCK = 2**20
_RECORD = "generation.json"


def split_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split a command line at `--`, after which every word is a recording.

    `argparse.parse_intermixed_args` of Python 3.11 refuses what follows.
    """
    at = words.index("--") if "--" in words else len(words)
    return list(words[:at]), list(words[at + 1 :])


@contextmanager
def spool_pipes(vocals: Sequence[str]) -> Iterator[list[str]]:
    """Read pipes to their end into temporary files, which are deleted after the block.

    Args:
        vocals: the recordings as given; `-` is the standard input.

    Yields:
        the recordings, a file named stdin in the place of a pipe.

    Raises:
        SamuelError: the standard input is a terminal, or nothing comes out of a pipe, or too much.
    """
    with tempfile.TemporaryDirectory(prefix="samuel-") as folder:
        files: list[str] = []
        for number, vocal in enumerate(vocals):
            if vocal == _STDIN or _is_pipe(vocal):
                name = "stdin" if not any(f.startswith(folder) for f in files) else Path(vocal).stem
                target = Path(folder, str(number), name)
                with explain_write_errors(target):
                    _read_pipe(vocal, target)
                files.append(str(target))
            else:
                files.append(vocal)
        yield files


def _is_pipe(vocal: str) -> bool:
    try:
        mode = os.stat(vocal).st_mode
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return False
    is_stdin = vocal in ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or is_stdin


def _read_pipe(vocal: str, target: Path) -> None:
    if vocal == _STDIN and sys.stdin.isatty():
        raise SamuelError("-: nothing is piped in; name a file, or pipe a recording in")
    target.parent.mkdir()
    with (
        open(0 if vocal == _STDIN else vocal, "rb", closefd=vocal != _STDIN) as pipe,
        target.open("wb") as file,
    ):
        while block := pipe.read(_BLOCK):
            file.write(block)
            if file.tell() > _MOST_BYTES:
                raise SamuelError(f"{vocal}: more than 4 GiB; write it to a file and cut it")
    if target.stat().st_size == 0:
        raise SamuelError(f"{vocal}: nothing came out of it; check the command that writes to it")


def list_recordings(paths: Sequence[Path]) -> list[Path]:
    """List the recordings, and those in the folders, without the results of earlier runs.

    Args:
        paths: files and folders.

    Raises:
        SamuelError: there is nothing in a folder, or it cannot be read.
    """
    recordings: list[Path] = []
    for path in paths:
        recordings += _list_folder(path) if path.is_dir() else [path]
    return recordings


def _list_folder(folder: Path) -> list[Path]:
    from samuel_gen.audio.files import SOUND_SUFFIXES, VIDEO_SUFFIXES

    try:
        inside = sorted(
            file
            for file in folder.iterdir()
            if file.suffix.lower() in (*SOUND_SUFFIXES, *VIDEO_SUFFIXES) and not file.is_dir()
        )
    except OSError as error:
        raise SamuelError(f"{folder}: {error.strerror}; check its permissions") from error
    own = _name_results(folder)
    results = [file for file in inside if _remove_count_in(file.stem) + file.suffix in own]
    if results:
        print(
            f"{folder}: {len(results)} files are left out, results of an earlier run "
            f"({', '.join(file.name for file in results[:3])}{', ...' * (len(results) > 3)})",
            file=sys.stderr,
        )
    inside = [file for file in inside if file not in results]
    if not inside:
        raise SamuelError(
            f"{folder}: no recording in this folder ({', '.join(SOUND_SUFFIXES)}); check the path"
        )
    return inside


def _remove_count_in(stem: str) -> str:
    return stem.removesuffix("-count_in")


def _name_results(folder: Path) -> set[str]:
    """Return the names of the sounds that the generation.json of a folder tells of."""
    try:
        record = json.loads((folder / _RECORD).read_text("utf-8"))
        names = set(record["outputs"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
    return names | {f"click{Path(name).suffix}" for name in names if isinstance(name, str)}
