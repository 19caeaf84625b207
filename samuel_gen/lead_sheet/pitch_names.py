"""Names of pitch classes, spelled with sharps or flats."""

FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_MIXED = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "b": -1, "##": 2, "bb": -2}


def name_pitch_class(pitch_class: int, spelling: tuple[str, ...] = _MIXED) -> str:
    """Return the name of a pitch class, from 0 for C to 11 for B."""
    return spelling[pitch_class % 12]


def parse_pitch_class(name: str) -> int:
    """Return the pitch class of a name such as `F#`, `Eb` or `Bbb`.

    Raises:
        ValueError: the name is not a letter from A to G with accidentals.
    """
    letter, accidental = name[:1].upper(), name[1:]
    if letter not in _LETTERS or accidental not in _ACCIDENTALS:
        raise ValueError(f"{name!r} is not a note name")
    return (_LETTERS[letter] + _ACCIDENTALS[accidental]) % 12
