"""Files that appear whole or not at all, and their SHA-256."""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from samuel_gen.errors import SamuelError

_LEFTOVER = re.compile(r"\.(.*)\.(\d+)\.partial", re.DOTALL)
_MOST_HEADER_BYTES = 2**24  # the header of a large network has 100 kB
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EFBIG, errno.EIO, errno.ENOTDIR, errno.EISDIR),
    *(errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE),
)


@contextmanager
def write_atomically(path: str | Path, per_process: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and move it there when the block succeeds.

    Missing folders are made. If the block fails, the temporary file is deleted, and what stood at
    `path` before stays.

    Args:
        path: the file to write or to replace.
        per_process: put the process id into the temporary name, so that several processes may
            write the same file at the same time.

    Raises:
        SamuelError: the disk is full, or the file may not be written.
    """
    path = Path(path)
    own = f".{os.getpid()}" if per_process else ""
    temporary = path.with_name(f".{path.name}{own}.partial")
    with explain_write_errors(path):
        _make_folder(path.parent)
        try:
            yield temporary
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def fill_folder(folder: str | Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`, and move its files there when the block succeeds.

    If the block fails, the temporary folder is deleted, and `folder` stays as it was.

    Args:
        folder: the folder for the files, which may exist; files of the same names are replaced.

    Raises:
        SamuelError: the disk is full, or the folder may not be written.
    """
    folder = Path(folder)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    with explain_write_errors(folder):
        try:
            _remove_leftovers(folder)
            _make_folder(temporary)
            yield temporary
            folder.mkdir(exist_ok=True)
            for file in sorted(temporary.iterdir()):
                os.replace(file, folder / file.name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError as error:  # for example below /proc
        raise SamuelError(f"{folder}: no such folder, and none can be made there") from error


def _remove_leftovers(folder: Path) -> None:
    """Remove the temporary folders of processes that were killed."""
    if not folder.parent.is_dir():
        return
    for other in folder.parent.iterdir():
        match = _LEFTOVER.fullmatch(other.name)
        if match and match[1] == folder.name and not _is_running(int(match[2])):
            shutil.rmtree(other, ignore_errors=True)


def _is_running(process: int) -> bool:
    if process == os.getpid():
        return False  # an earlier process with the same number
    if os.name == "nt":  # there, os.kill would end it
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True


@contextmanager
def explain_write_errors(path: str | Path | None = None) -> Iterator[None]:
    """Turn the errors of a disk that is full or may not be written into one line.

    Args:
        path: the file that is written; None: the one that the error names.

    Raises:
        SamuelError: the disk is full, or the file may not be written.
    """
    try:
        yield
    except OSError as error:
        place = path or error.filename or "the output"
        if error.errno in _FULL:
            raise SamuelError(
                f"{place}: no space left on device; make room, or write elsewhere"
            ) from error
        if error.errno in _REFUSED:
            deed = "read or written" if path is None else "written"
            raise SamuelError(
                f"{place}: cannot be {deed} ({error.strerror}); check the folder and its "
                "permissions, or write elsewhere"
            ) from error
        raise


@contextmanager
def open_tensors(path: str | Path) -> Iterator[Any]:
    """Open a safetensors file, whose name need not be UTF-8.

    Args:
        path: the file.

    Yields:
        the open file of `safetensors.safe_open`.

    Raises:
        OSError: the file cannot be opened.
        SafetensorError: it is not a whole safetensors file, or its header would fill the memory.
    """
    from safetensors import SafetensorError, safe_open

    with Path(path).open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
    if size > _MOST_HEADER_BYTES:
        raise SafetensorError(f"its header has {size} bytes")

    if _is_utf8(str(path)):
        with safe_open(path, framework="pt") as file:
            yield file
        return
    with Path(path).open("rb") as opened, safe_open(f"/dev/fd/{opened.fileno()}", "pt") as file:
        yield file


def _is_utf8(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def write_json(path: str | Path, value: Any, indent: int | None = None) -> None:
    """Write plain values as JSON, whole or not at all.

    Names of files that are not valid text are written as escapes, which read back as they were.

    Args:
        path: the file.
        value: the plain values.
        indent: the spaces of each level; None for one line.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False) + "\n"
    with write_atomically(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
