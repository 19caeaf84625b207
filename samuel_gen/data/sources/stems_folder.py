"""A source of songs as folders of stems."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from samuel_gen.data.sources.files import (
    FolderItem,
    describe_state,
    list_sound_files,
    list_subfolders,
    make_readable,
    open_stems,
)
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.text import read_lead_sheet

LEAD_SHEET = "lead_sheet.txt"
_LAYOUT = "folders SONG/ with vocals.wav and other stems"


@dataclass(frozen=True)
class StemsItem(FolderItem):
    """A folder with `vocals.*` and either `accompaniment.*` or other stems, which are summed.

    If there is `lead_sheet.txt`, it is the song's lead sheet.
    """

    @property
    def _sheets(self) -> list[Path]:
        """The file of the lead sheet, if there is one."""
        path = self.folder / LEAD_SHEET
        return [path] if path.exists() else []

    def state(self) -> str:
        """Return sizes and times of the sound files and of the lead sheet in the folder."""
        try:
            return describe_state([*list_sound_files(self.folder), *self._sheets])
        except SamuelError:
            return ""

    def load(self) -> Stems:
        """Find and open the stems.

        Raises:
            SamuelError: there is not exactly one vocal, there is no other stem or one twice, a
                file is not audio, the lengths differ by more than LENGTH_TOLERANCE, or the lead
                sheet cannot be read.
        """
        files = list_sound_files(self.folder)
        vocals = [path for path in files if path.stem.lower() in ("vocals", "vocal")]
        if len(vocals) != 1:
            raise SamuelError(
                f"song {self.name!r}: {len(vocals) or 'no'} vocals.* among {len(files)} sound "
                "files; there must be one, such as vocals.wav"
            )
        others = _find_accompaniment([path for path in files if path not in vocals])
        if not others:
            raise SamuelError(
                f"song {self.name!r}: no stem beside {vocals[0].name}; add accompaniment.wav or "
                "other stems"
            )
        counts = Counter(path.stem.lower() for path in others)
        repeated = next((name for name, count in counts.items() if count > 1), None)
        if repeated is not None:
            raise SamuelError(
                f"song {self.name!r}: the stem {repeated} exists in several formats; remove all "
                "but one"
            )
        metadata = {"stems": [make_readable(path.name) for path in (*vocals, *others)]}
        stems = open_stems(self.name, vocals, others, metadata)
        sheet = next((read_lead_sheet(path) for path in self._sheets), None)
        return replace(stems, lead_sheet=sheet)


class StemsFolderSource:
    """Songs as folders of stems: `root/SONG/vocals.wav` and the other stems beside it.

    If there is `accompaniment.*`, it is the accompaniment. Otherwise all other sound files are
    summed, except `mixture.*` and `mix.*`. `lead_sheet.txt` may hold the song's lead sheet.
    Folders that cannot be used are listed too; their `load` raises the reason.

    Args:
        root: the folder that contains the song folders.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def songs(self) -> list[StemsItem]:
        """List all folders by name.

        Raises:
            SamuelError: there is no such folder, or none of its folders contains a sound file.
        """
        folders = list_subfolders(self.root, _LAYOUT)
        if not any(_may_contain_sound(folder) for folder in folders):
            raise SamuelError(
                f"{self.root}: no song among {len(folders)} folders; source.root must contain "
                f"{_LAYOUT}"
            )
        return [StemsItem(folder) for folder in folders]


def _find_accompaniment(files: Sequence[Path]) -> list[Path]:
    """Return `accompaniment.*` if it exists, else all stems."""
    return [path for path in files if path.stem.lower() == "accompaniment"] or [
        path for path in files if path.stem.lower() not in ("mixture", "mix")
    ]


def _may_contain_sound(folder: Path) -> bool:
    try:
        return bool(list_sound_files(folder))
    except SamuelError:  # an unreadable folder is listed as a song that cannot be used
        return True
