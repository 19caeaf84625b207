"""The key of a song."""

import re
from dataclasses import dataclass
from typing import Literal

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.pitch_names import FLATS, SHARPS, name_pitch_class, parse_pitch_class

Mode = Literal["major", "minor"]
_KEY = re.compile(r"([A-Ga-g](?:#|b)?)\s*(major|maj|minor|min|m)?", re.ASCII)
_SHARP_MAJOR = {7, 2, 9, 4, 11, 6}  # G D A E B F#
_SIGNATURE = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)  # sharps of the major key on each tonic


@dataclass(frozen=True)
class Key:
    """A key.

    Attributes:
        tonic: the pitch class of the tonic, 0 for C.
        mode: major or minor.
    """

    tonic: int
    mode: Mode

    def __str__(self) -> str:
        return f"{name_pitch_class(self.tonic, self.spelling)} {self.mode}"

    @property
    def relative_major(self) -> int:
        """The tonic of the major key with the same notes."""
        return self.tonic if self.mode == "major" else (self.tonic + 3) % 12

    @property
    def spelling(self) -> tuple[str, ...]:
        """The names of the pitch classes in this key: sharps in sharp keys, else flats."""
        return SHARPS if self.relative_major in _SHARP_MAJOR else FLATS

    @property
    def sharps(self) -> int:
        """The number of sharps in the key signature; negative for flats."""
        return _SIGNATURE[self.relative_major]

    def transpose(self, semitones: int) -> "Key":
        """Return the key, moved up by so many semitones."""
        return Key((self.tonic + semitones) % 12, self.mode)


def parse_key(text: str) -> Key:
    """Parse a key as musicians write it: `D minor`, `Dm`, `Bb`, `F# major`.

    Raises:
        SamuelError: the text is not a key.
    """
    match = _KEY.fullmatch(text.strip().replace("♭", "b").replace("♯", "#"))
    if match is None:
        raise SamuelError(f"{text!r} is not a key; write it like D minor or Bb major")
    note, mode = match.groups()
    is_minor = mode in ("minor", "min", "m") or (mode is None and note[0].islower())
    return Key(parse_pitch_class(note), "minor" if is_minor else "major")
