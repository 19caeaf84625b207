"""MoisesDB: 240 songs whose many tracks are sorted into stems by a data.json each."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samuel_gen.data.sources.files import open_stems, readable, state_of, subfolders
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError

_LAYOUT = "moisesdb_v0.1/UUID/ with data.json and STEM/UUID.wav"
_KNOWN = ("artist", "song", "genre")


@dataclass(frozen=True)
class MoisesItem:
    """A folder with a data.json. The stem "vocals" (leads, backing, choirs) is the vocal."""

    folder: Path
    split: str | None = None

    @property
    def name(self) -> str:
        """The song's UUID: titles are not unique."""
        return readable(self.folder.name)

    def state(self) -> str:
        """Sizes and times of data.json and the tracks that it names."""
        try:
            vocal, band, _ = self._tracks()
        except SamuelError:
            vocal = band = []
        return state_of([self.folder / "data.json", *vocal, *band])

    def load(self) -> Stems:
        """Open all tracks; each lasts as long as its instrument plays, which may be shorter.

        Raises:
            SamuelError: no data.json, one of another form, no vocals, no other stem, or a file that
                is not audio.
        """
        vocal, band, metadata = self._tracks()
        if not vocal or not band:
            raise SamuelError(
                f"song {self.name!r}: {len(vocal)} tracks of vocals and {len(band)} others; "
                "expected at least one of each; an instrumental cannot be used"
            )
        return open_stems(self.name, vocal, band, metadata, tolerance=math.inf)

    def _tracks(self) -> tuple[list[Path], list[Path], dict[str, Any]]:
        """Files of the vocal, files of the band, and what is known of the song."""
        path = self.folder / "data.json"
        try:
            about = json.loads(path.read_text("utf-8"))
            tracks = [
                (str(stem["stemName"]), f"{track['id']}.{track['extension']}")
                for stem in about["stems"]
                for track in stem["tracks"]
            ]
            metadata: dict[str, Any] = {
                key: readable(str(about[key])) for key in _KNOWN if key in about
            }
        except OSError as error:
            raise SamuelError(
                f"{path}: {error.strerror or error}; expected MoisesDB's description of the song; "
                "unpack the data set again"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise SamuelError(
                f"{path}: not MoisesDB's form ({type(error).__name__}: {error}); expected stems "
                "with stemName and tracks with id and extension; unpack the data set again"
            ) from error
        metadata["stems"] = sorted({stem for stem, _ in tracks})
        vocal = [self.folder / stem / file for stem, file in tracks if stem == "vocals"]
        band = [self.folder / stem / file for stem, file in tracks if stem != "vocals"]
        return vocal, band, metadata


class MoisesDBSource:
    """`root/moisesdb_v0.1/UUID/data.json` and `root/moisesdb_v0.1/UUID/STEM/UUID.wav`.

    Source: Pereira et al. 2023, "MoisesDB: a dataset for source separation beyond 4-stems".

    Args:
        root: the unpacked folder, or moisesdb_v0.1 in it.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def songs(self) -> list[MoisesItem]:
        """All songs, by UUID.

        Raises:
            SamuelError: no such folder, or no folder in it that has a data.json.
        """
        inner = self.root / "moisesdb_v0.1"
        folders = subfolders(inner if inner.is_dir() else self.root, _LAYOUT)
        if not any((folder / "data.json").is_file() for folder in folders):
            raise SamuelError(
                f"{self.root}: no song among {len(folders)} folders; expected {_LAYOUT}; check "
                "source.root"
            )
        return [MoisesItem(folder) for folder in folders]
