"""MUSDB18-HQ: 150 songs as WAV stems, with its own test split."""

from pathlib import Path

from samuel_gen.data.sources.files import FilesItem, list_subfolders, make_readable
from samuel_gen.errors import SamuelError

# The 14 of the 100 training songs that are validation songs by convention: the list of the package
# `musdb`, which torchaudio.datasets.MUSDB_HQ uses too.
VALIDATION_SONGS = frozenset(
    {
        "ANiMAL - Rockshow",
        "Actions - One Minute Smile",
        "Alexander Ross - Goodbye Bolero",
        "Clara Berry And Wooldog - Waltz For My Victims",
        "Fergessen - Nos Palpitants",
        "James May - On The Line",
        "Johnny Lokke - Promises & Lies",
        "Leaf - Summerghost",
        "Meaxic - Take A Step",
        "Patrick Talbot - A Reason To Leave",
        "Skelpolu - Human Mistakes",
        "Traffic Experiment - Sirens",
        "Triviul - Angelsaint",
        "Young Griffo - Pennies",
    }
)
_LAYOUT = "train/SONG/ and test/SONG/ with vocals.wav, drums.wav, bass.wav and other.wav"


class MUSDB18HQSource:
    """Songs in `root/{train,test}/SONG/{vocals,drums,bass,other,mixture}.wav`.

    Source: Rafii et al. 2019, "MUSDB18-HQ", doi:10.5281/zenodo.3338373.

    Args:
        root: the unpacked folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def songs(self) -> list[FilesItem]:
        """List all songs of both folders by name. Missing stems are reported by `load`.

        Raises:
            SamuelError: there is no song in either folder.
        """
        existing = [name for name in ("train", "test") if (self.root / name).is_dir()]
        songs = [
            _make_item(folder, name)
            for name in existing
            for folder in list_subfolders(self.root / name, _LAYOUT)
        ]
        if not songs:
            raise SamuelError(f"{self.root}: no song; source.root must contain {_LAYOUT}")
        return songs


def _make_item(folder: Path, split: str) -> FilesItem:
    if split == "train" and folder.name in VALIDATION_SONGS:
        split = "validation"
    vocal = (str(folder / "vocals.wav"),)
    accompaniment = tuple(str(folder / f"{stem}.wav") for stem in ("drums", "bass", "other"))
    return FilesItem(make_readable(folder.name), vocal, accompaniment, split)
