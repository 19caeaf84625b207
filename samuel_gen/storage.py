"""Files that appear whole or not at all, and their SHA-256."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def write_atomically(path: str | Path, per_process: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and move it there when the block succeeds.

    Missing folders are made. If the block fails, the temporary file is deleted, and what stood at
    `path` before stays.

    Args:
        path: the file to write or to replace.
        per_process: put the process id into the temporary name, so that several processes may
            write the same file at the same time.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    own = f".{os.getpid()}" if per_process else ""
    temporary = path.with_name(f".{path.name}{own}.partial")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
