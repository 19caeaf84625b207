"""MoisesDB: 240 songs whose tracks are sorted into stems by a data.json each."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samuel_gen.data.sources.files import (
    FolderItem,
    describe_state,
    list_subfolders,
    make_readable,
    open_stems,
)
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError

_LAYOUT = "moisesdb_v0.1/UUID/ with data.json and STEM/UUID.wav"
_METADATA = ("artist", "song", "genre")


@dataclass(frozen=True)
class MoisesItem(FolderItem):
    """A folder with a data.json, named by the song's UUID, since titles are not unique.

    The stem "vocals" (lead and backing vocals, choirs) is the vocal.
    """

    def state(self) -> str:
        """Return sizes and times of data.json and the tracks that it names."""
        try:
            vocal, others, _ = self._read_tracks()
        except SamuelError:
            vocal = others = []
        return describe_state([self.folder / "data.json", *vocal, *others])

    def load(self) -> Stems:
        """Open all tracks. A track ends with its instrument, so lengths may differ.

        Raises:
            SamuelError: there is no valid data.json, no vocal or no other stem, or a file is not
                audio.
        """
        vocal, others, metadata = self._read_tracks()
        if not vocal or not others:
            raise SamuelError(
                f"song {self.name!r}: {len(vocal)} tracks of vocals and {len(others)} others; a "
                "song needs both"
            )
        return open_stems(self.name, vocal, others, metadata, tolerance=math.inf)

    def _read_tracks(self) -> tuple[list[Path], list[Path], dict[str, Any]]:
        """Return the files of the vocal, the other files, and the metadata of the song."""
        path = self.folder / "data.json"
        try:
            content = json.loads(path.read_text("utf-8"))
            tracks = [
                (str(stem["stemName"]), f"{track['id']}.{track['extension']}")
                for stem in content["stems"]
                for track in stem["tracks"]
            ]
            metadata: dict[str, Any] = {
                key: make_readable(str(content[key])) for key in _METADATA if key in content
            }
        except OSError as error:
            raise SamuelError(
                f"{path}: {error.strerror or error}; unpack MoisesDB again"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise SamuelError(
                f"{path}: not in MoisesDB's format ({type(error).__name__}: {error}); unpack "
                "MoisesDB again"
            ) from error
        metadata["stems"] = sorted({stem for stem, _ in tracks})
        vocal = [self.folder / stem / file for stem, file in tracks if stem == "vocals"]
        others = [self.folder / stem / file for stem, file in tracks if stem != "vocals"]
        return vocal, others, metadata


class MoisesDBSource:
    """Songs in `root/moisesdb_v0.1/UUID/data.json` and `root/moisesdb_v0.1/UUID/STEM/UUID.wav`.

    Source: Pereira et al. 2023, "MoisesDB: a dataset for source separation beyond 4-stems".

    Args:
        root: the unpacked folder, or the folder moisesdb_v0.1 in it.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def songs(self) -> list[MoisesItem]:
        """List all songs by UUID.

        Raises:
            SamuelError: there is no such folder, or none of its folders has a data.json.
        """
        inner = self.root / "moisesdb_v0.1"
        folders = list_subfolders(inner if inner.is_dir() else self.root, _LAYOUT)
        if not any((folder / "data.json").is_file() for folder in folders):
            raise SamuelError(
                f"{self.root}: no song among {len(folders)} folders; source.root must contain "
                f"{_LAYOUT}"
            )
        return [MoisesItem(folder) for folder in folders]
