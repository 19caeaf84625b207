"""Chords: root, quality and bass, as musicians and as Harte write them."""

import re
from dataclasses import dataclass
from functools import cache

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.pitch_names import name_pitch_class, parse_pitch_class

NO_CHORD = "N.C."
_NO_CHORD_NAMES = {"N.C.", "NC", "N.C", "N", "X"}

# The suffix that is written for each quality; other spellings of the same tones are read as it.
_SUFFIXES = (
    ["", "m", "dim", "aug", "(b5)", "5", "sus2", "sus4", "6", "m6", "7", "maj7", "m7", "mmaj7"]
    + ["m7b5", "dim7", "7sus4", "7b5", "7#5", "maj7+5", "add9", "madd9", "69", "m69", "9", "maj9"]
    + ["m9", "9sus4", "7b9", "7#9", "7#11", "maj7#11", "7b13", "add11", "madd4", "m7add11", "11"]
    + ["m11", "13", "maj13", "9#11", "13b9", "7#9#5", "7b9#5", "7b9b5", "7#9b5", "9#5", "9b5"]
)
_HARTE_EXTENDED = {"9": "9", "maj9": "maj9", "min9": "m9", "11": "11", "min11": "m11"}
_HARTE_EXTENDED |= {"13": "13", "maj13": "maj13"}
_SYMBOL = re.compile(r"([A-G](?:##?|bb?)?)(.*?)(?:/([A-G](?:##?|bb?)?))?", re.ASCII)
_SIGNS = {"♭": "b", "♯": "#", "Δ7": "maj7", "Δ": "maj7", "ø7": "m7b5", "ø": "m7b5"}
_SIGNS |= {"°7": "dim7", "°": "dim", "o7": "dim7", "6/9": "69"}


@dataclass(frozen=True)
class Chord:
    """A chord.

    Attributes:
        root: the pitch class of the root, 0 for C.
        quality: the suffix of the chord symbol, such as "", "m7" or "sus4".
        bass: the pitch class of the lowest note; the root unless the symbol has a slash.
    """

    root: int
    quality: str
    bass: int

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The pitch classes of the chord's tones, without a foreign bass."""
        return frozenset(
            (self.root + interval) % 12 for interval in _pychord_intervals(self.quality)
        )

    def transpose(self, semitones: int) -> "Chord":
        """Return the chord, moved up by so many semitones."""
        root, bass = ((each + semitones) % 12 for each in (self.root, self.bass))
        return Chord(root, self.quality, bass)

    def format(self, spelling: tuple[str, ...] | None = None) -> str:
        """Write the chord symbol.

        Args:
            spelling: the names of the pitch classes, for example `Key.spelling`.
        """
        names = (spelling,) if spelling else ()
        symbol = name_pitch_class(self.root, *names) + self.quality
        slash = f"/{name_pitch_class(self.bass, *names)}" if self.bass != self.root else ""
        return symbol + slash

    def __str__(self) -> str:
        return self.format()


def parse_chord(symbol: str) -> Chord | None:
    """Parse a chord symbol as musicians (`F#m7b5`, `C/G`) or Harte (`F#:hdim7`) write it.

    Returns:
        the chord, or None for "no chord" (`N.C.`, `N`).

    Raises:
        SamuelError: the symbol is not a chord.
    """
    if symbol in _NO_CHORD_NAMES:
        return None
    try:
        return _parse_harte(symbol) if ":" in symbol else _parse_symbol(symbol)
    except ValueError:
        raise SamuelError(
            f"{symbol!r} is not a chord; write it like Dm7, F#m7b5, C/G or D:min7"
        ) from None


def _parse_symbol(symbol: str) -> Chord:
    for sign, plain in _SIGNS.items():
        symbol = symbol.replace(sign, plain)
    match = _SYMBOL.fullmatch(symbol)
    if match is None:
        raise ValueError(symbol)
    root, suffix, bass = match.groups()
    suffix = {"+": "aug", "+7": "7#5"}.get(suffix, suffix)
    suffix = re.sub(r"^-", "m", suffix)
    quality = _find_suffix(_pychord_intervals(suffix))
    low = parse_pitch_class(bass) if bass else parse_pitch_class(root)
    return Chord(parse_pitch_class(root), quality, low)


def _parse_harte(label: str) -> Chord:
    from mir_eval import chord as harte

    root, _, rest = label.partition(":")
    shorthand, _, degree = rest.partition("/")
    if shorthand in _HARTE_EXTENDED:  # mir_eval leaves out tones beyond the octave
        low = harte.scale_degree_to_semitone(degree) if degree else 0
        tonic = parse_pitch_class(root)
        return Chord(tonic, _HARTE_EXTENDED[shorthand], (tonic + low) % 12)
    try:
        number, _, bass = harte.encode(label)
    except harte.InvalidChordException as error:
        raise ValueError(str(error)) from None
    _, bitmap, _ = harte.encode(label.split("/")[0])  # with a foreign bass it holds that too
    tones = frozenset(int(interval) for interval in bitmap.nonzero()[0])
    return Chord(int(number), _find_suffix(tones), int(number + bass) % 12)


@cache
def _pychord_intervals(suffix: str) -> frozenset[int]:
    from pychord import Chord as Symbol

    for spelled in (suffix, suffix.replace("(", "").replace(")", "")):
        try:
            tones = Symbol("C" + spelled).components(visible=False)
        except ValueError:
            continue
        return frozenset(int(tone) % 12 for tone in tones)
    raise ValueError(suffix)


@cache
def _suffix_by_intervals() -> dict[frozenset[int], str]:
    return {_pychord_intervals(suffix): suffix for suffix in reversed(_SUFFIXES)}


def _find_suffix(intervals: frozenset[int]) -> str:
    try:
        return _suffix_by_intervals()[intervals]
    except KeyError:
        raise ValueError(f"no symbol for the intervals {sorted(intervals)}") from None


def qualities() -> tuple[str, ...]:
    """The suffixes of all qualities that are written, the simplest first."""
    return tuple(dict.fromkeys(_suffix_by_intervals()[_pychord_intervals(s)] for s in _SUFFIXES))
