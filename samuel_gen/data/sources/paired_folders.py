"""A source of two folders: vocals in one, accompaniments under the same names in the other."""

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from samuel_gen.data.sources.files import FilesItem, find_sound_files, strip_suffix
from samuel_gen.data.sources.song import SongItem, UnusableSong
from samuel_gen.errors import SamuelError

_LAYOUT = "the same relative paths in both folders, such as a/song.wav and a/song.flac"


class PairedFoldersSource:
    """`vocals/PATH.*` and `accompaniment/PATH.*` are the song PATH; the formats may differ.

    Files without a counterpart are listed too; their `load` raises the reason.

    Args:
        vocals: the folder of the vocals.
        accompaniment: the folder of the accompaniments.
    """

    def __init__(self, vocals: str | Path, accompaniment: str | Path) -> None:
        self.vocals, self.accompaniment = Path(vocals), Path(accompaniment)

    def songs(self) -> list[SongItem]:
        """List all songs by path.

        Raises:
            SamuelError: one of the folders is missing, or no file has a counterpart.
        """
        vocals, faults = _group_by_name(self.vocals)
        accompaniments, more_faults = _group_by_name(self.accompaniment)
        if not vocals.keys() & accompaniments.keys():
            raise SamuelError(
                f"{self.vocals} and {self.accompaniment}: {len(vocals)} and {len(accompaniments)} "
                "sound files, but no two with the same name; source.vocals and "
                f"source.accompaniment must contain {_LAYOUT}"
            )
        songs = [
            self._make_item(name, vocals[name], accompaniments[name])
            for name in vocals.keys() | accompaniments.keys()
        ]
        return sorted([*songs, *faults, *more_faults], key=lambda song: song.name)

    def _make_item(
        self, name: str, vocals: Sequence[str], accompaniments: Sequence[str]
    ) -> SongItem:
        if len(vocals) == len(accompaniments) == 1:
            return FilesItem(name, tuple(vocals), tuple(accompaniments))
        return UnusableSong(
            name,
            f"song {name!r}: {len(vocals)} files in {self.vocals} and {len(accompaniments)} in "
            f"{self.accompaniment}; there must be one in each",
        )


def _group_by_name(root: Path) -> tuple[defaultdict[str, list[str]], list[UnusableSong]]:
    """Return the files by their relative path without suffix, and the unreadable places."""
    files, faults = find_sound_files(root, f"sound files; {_LAYOUT}")
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for path in files:
        by_name[strip_suffix(path)].append(os.path.join(root, path))
    return by_name, faults
