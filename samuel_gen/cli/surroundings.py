"""Machines without a login name or a home, and several processes that start at once."""

import atexit
import getpass
import os
import shutil
import tempfile
from pathlib import Path

from samuel_gen.errors import SamuelError


def settle_surroundings() -> None:
    """Set the variables without which torch, numba or matplotlib fail on bare machines.

    What the user has set stays. It costs less than a millisecond, and makes no file.
    """
    try:
        getpass.getuser()
    except (KeyError, OSError):  # torch names its cache after the login
        os.environ["LOGNAME"] = f"uid{os.getuid()}"
    # numba's cache breaks for good if two processes fill it at once, so each has its own.
    _set_folder("NUMBA_CACHE_DIR", "numba")
    if not is_writable(Path.home() if _has_home() else Path("~")):
        _set_folder("MPLCONFIGDIR", "matplotlib")


def require_writable(folder: str) -> str:
    """Return the folder for rendered songs, if it can be made.

    Args:
        folder: the folder, which need not exist.

    Raises:
        SamuelError: it lies in a home that is missing or may not be written.
    """
    if not is_writable(Path(folder)):
        raise SamuelError(
            f"{folder}: cannot be written, and rendered songs are kept there; set SAMUEL_CACHE to "
            "another folder"
        )
    return folder


def is_writable(folder: Path) -> bool:
    """Tell whether a folder, or else the nearest one above it, may be written."""
    if not folder.is_absolute():  # a home that nobody knows stays "~"
        return not str(folder).startswith("~") and is_writable(Path.cwd() / folder)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK) and not _is_kernel(folder)


def _is_kernel(folder: Path) -> bool:
    """Tell whether a folder is of /proc or /sys, which root may "write" but not fill."""
    return str(folder.resolve()).startswith(("/proc", "/sys"))


def _has_home() -> bool:
    try:
        Path.home()
    except (RuntimeError, KeyError):
        return False
    return True


def _set_folder(variable: str, name: str) -> None:
    """Name a temporary folder of this process, which is removed in the end if it was made."""
    if variable in os.environ:
        return
    folder = Path(tempfile.gettempdir(), f"samuel-{name}-{os.getpid()}")
    os.environ[variable] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
