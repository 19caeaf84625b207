"""A folder per song, with its stems in it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from samuel_gen.data.sources.files import (
    open_stems,
    readable,
    sound_files,
    state_of,
    subfolders,
)
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError

_LAYOUT = "folders SONG/ with vocals.wav and other stems"


@dataclass(frozen=True)
class StemsItem:
    """A folder with `vocals.*` and either `accompaniment.*` or any other stems, to be summed."""

    folder: Path
    split: str | None = None

    @property
    def name(self) -> str:
        """The folder's own name."""
        return readable(self.folder.name)

    def state(self) -> str:
        """Sizes and times of the sound files in the folder."""
        try:
            return state_of(sound_files(self.folder))
        except SamuelError:
            return ""

    def load(self) -> Stems:
        """Find the stems, and open them.

        Raises:
            SamuelError: no vocals or several, no other stem or one twice, a file that is not
                audio, or lengths that differ by more than LENGTH_TOLERANCE.
        """
        files = sound_files(self.folder)
        vocals = [path for path in files if path.stem.lower() in ("vocals", "vocal")]
        if len(vocals) != 1:
            found = f"{len(vocals)} of them" if vocals else "none"
            raise SamuelError(
                f"song {self.name!r}: {found} of vocals.* among {len(files)} sound files; expected "
                "one vocals.wav (or .flac, .ogg, .mp3, .aiff); add it or rename the file"
            )
        others = [path for path in files if path.stem.lower() == "accompaniment"] or [
            path
            for path in files
            if path not in vocals and path.stem.lower() not in ("mixture", "mix")
        ]
        if not others:
            raise SamuelError(
                f"song {self.name!r}: no stem beside {vocals[0].name}; expected accompaniment.wav "
                "or other stems; add one"
            )
        twice = [
            name
            for name, count in Counter(path.stem.lower() for path in others).items()
            if count > 1
        ]
        if twice:
            raise SamuelError(
                f"song {self.name!r}: {twice[0]} is there twice, in several formats; expected each "
                "stem once; remove one"
            )
        metadata = {"stems": [readable(path.name) for path in (*vocals, *others)]}
        return open_stems(self.name, vocals, others, metadata)


class StemsFolderSource:
    """Songs as folders of stems: `root/SONG/vocals.wav` and the rest of the band beside it.

    `accompaniment.*` is the band where there is one; otherwise every other sound file is summed,
    but for `mixture.*` and `mix.*`. Folders in which something is wrong are listed too: their
    `load` says what.

    Args:
        root: the folder that holds the song folders.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def songs(self) -> list[StemsItem]:
        """All folders, by name.

        Raises:
            SamuelError: no such folder, or no folder in it that holds a sound file.
        """
        folders = subfolders(self.root, _LAYOUT)
        if not any(_may_hold_sound(folder) for folder in folders):
            raise SamuelError(
                f"{self.root}: no song among {len(folders)} folders; expected {_LAYOUT}; check "
                "source.root"
            )
        return [StemsItem(folder) for folder in folders]


def _may_hold_sound(folder: Path) -> bool:
    try:
        return bool(sound_files(folder))
    except SamuelError:
        return True
