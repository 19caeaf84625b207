"""MUSDB18-HQ: 150 songs as WAV stems, its own test split kept."""

from pathlib import Path

from samuel_gen.data.sources.files import FilesItem, readable, subfolders
from samuel_gen.errors import SamuelError

# The 14 of the 100 training songs that the field validates on: the list of the `musdb` package,
# which torchaudio.datasets.MUSDB_HQ has as well.
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
    """`root/{train,test}/SONG/{vocals,drums,bass,other,mixture}.wav`.

    Source: Rafii et al. 2019, "MUSDB18-HQ", doi:10.5281/zenodo.3338373.

    Args:
        root: the unpacked folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def songs(self) -> list[FilesItem]:
        """All songs of both folders, by name; a stem that is missing is told when one is loaded.

        Raises:
            SamuelError: no song in either folder.
        """
        there = [name for name in ("train", "test") if (self.root / name).is_dir()]
        songs = [
            _song(folder, name)
            for name in there
            for folder in subfolders(self.root / name, _LAYOUT)
        ]
        if not songs:
            raise SamuelError(f"{self.root}: no song; expected {_LAYOUT}; check source.root")
        return songs


def _song(folder: Path, split: str) -> FilesItem:
    if split == "train" and folder.name in VALIDATION_SONGS:
        split = "validation"
    band = tuple(str(folder / f"{stem}.wav") for stem in ("drums", "bass", "other"))
    return FilesItem(readable(folder.name), (str(folder / "vocals.wav"),), band, split)
