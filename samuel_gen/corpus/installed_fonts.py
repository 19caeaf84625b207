"""The soundfonts that are installed on this machine."""

import logging
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from samuel_gen.errors import SamuelError

log = logging.getLogger(__name__)

DEFAULT_FONT = "TimGM6mb"
"""The General MIDI soundfont that pretty_midi installs."""
DEFAULT_FONT_CENTS = -2.0
"""The tuning correction of the default font [cents].

Its looped samples are up to three cents sharp, because loops have whole samples; its pads are flat.
"""
FONT_FOLDERS = (
    Path("/usr/share/sounds/sf2"),
    Path("/usr/share/sounds/sf3"),
    Path("/usr/share/soundfonts"),
    Path("/usr/local/share/soundfonts"),
    Path("/opt/homebrew/share/soundfonts"),
)
"""The folders in which systems install soundfonts."""


def find_soundfont(name: str) -> Path:
    """Return the path of a soundfont.

    Args:
        name: a path that ends in .sf2 or .sf3, or the name of an installed font without that
            ending, such as FluidR3_GM.

    Raises:
        SamuelError: if there is no such font.
    """
    if name == DEFAULT_FONT:
        spec = find_spec("pretty_midi")
        assert spec is not None and spec.origin is not None
        return Path(spec.origin).parent / "TimGM6mb.sf2"
    if _is_path(name):
        path = Path(name).expanduser()
        if path.is_file():
            return path.resolve()
        raise SamuelError(f"soundfont {name}: no such file; check its path")
    for folder in FONT_FOLDERS:
        for suffix in (".sf2", ".sf3"):
            path = folder / (name + suffix)
            if path.is_file():
                return path
    raise SamuelError(
        f"soundfont {name} is not installed; on Debian: apt-get install fluid-soundfont-gm "
        "musescore-general-soundfont-small; elsewhere give the path of an .sf2 or .sf3 file"
    )


def find_installed(names: object) -> list[Path | None]:
    """Return the paths of those fonts that are installed, and None for the default font.

    Fonts that are not installed are left out with a warning; the default font replaces them if no
    other is left.

    Args:
        names: a list of names of fonts or paths, as for `find_soundfont`, or one of them.

    Raises:
        SamuelError: if a path names no file.
    """
    is_list = isinstance(names, Sequence) and not isinstance(names, str)
    fonts: list[Path | None] = []
    for name in map(str, names if is_list else [names]):  # type: ignore[call-overload]
        try:
            fonts.append(None if name == DEFAULT_FONT else find_soundfont(name))
        except SamuelError as error:
            if _is_path(name):
                raise
            log.warning("%s; its songs are played with other fonts", error)
    if not fonts:
        log.warning("none of the soundfonts is installed; %s plays all songs", DEFAULT_FONT)
    return fonts or [None]


def _is_path(name: str) -> bool:
    """Return whether the name of a soundfont is the path of a file."""
    return Path(name).suffix.lower() in {".sf2", ".sf3"}
