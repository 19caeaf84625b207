"""Two trees of files: the voices in one, the bands in the other, under the same names."""

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from samuel_gen.data.sources.files import FilesItem, sound_tree, without_suffix
from samuel_gen.data.sources.song import SongItem, UnusableSong
from samuel_gen.errors import SamuelError

_LAYOUT = "the same relative paths in both folders, such as a/song.wav and a/song.flac"


class PairedFoldersSource:
    """`vocals/PATH.*` and `accompaniment/PATH.*` make the song PATH; the formats may differ.

    Files without their counterpart are listed too: their `load` says what is missing.

    Args:
        vocals: the folder of the voices.
        accompaniment: the folder of the bands.
    """

    def __init__(self, vocals: str | Path, accompaniment: str | Path) -> None:
        self.vocals, self.accompaniment = Path(vocals), Path(accompaniment)

    def songs(self) -> list[SongItem]:
        """All songs, by path.

        Raises:
            SamuelError: one of the folders is missing, or no file has its counterpart.
        """
        vocals, faults = _by_name(self.vocals)
        bands, more = _by_name(self.accompaniment)
        if not vocals.keys() & bands.keys():
            raise SamuelError(
                f"{self.vocals} and {self.accompaniment}: {len(vocals)} and {len(bands)} sound "
                f"files, no two of one name; expected {_LAYOUT}; check source.vocals and "
                "source.accompaniment"
            )
        songs = [
            self._song(name, vocals[name], bands[name]) for name in vocals.keys() | bands.keys()
        ]
        return sorted([*songs, *faults, *more], key=lambda song: song.name)

    def _song(self, name: str, vocals: Sequence[str], bands: Sequence[str]) -> SongItem:
        if len(vocals) == len(bands) == 1:
            return FilesItem(name, tuple(vocals), tuple(bands))
        return UnusableSong(
            name,
            f"song {name!r}: {len(vocals)} files in {self.vocals} and {len(bands)} in "
            f"{self.accompaniment}; expected one in each; add what is missing or remove the other",
        )


def _by_name(root: Path) -> tuple[defaultdict[str, list[str]], list[UnusableSong]]:
    """Files by their relative path without its suffix, and folders that cannot be read."""
    files, faults = sound_tree(root, f"sound files; {_LAYOUT}")
    named: defaultdict[str, list[str]] = defaultdict(list)
    for path in files:
        named[without_suffix(path)].append(os.path.join(root, path))
    return named, faults
