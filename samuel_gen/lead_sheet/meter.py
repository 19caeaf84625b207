"""The meter of a song."""

import re
from dataclasses import dataclass

from samuel_gen.errors import SamuelError

_METER = re.compile(r"(\d{1,2})\s*/\s*(\d{1,2})", re.ASCII)


@dataclass(frozen=True)
class Meter:
    """A meter, such as 4/4 or 6/8.

    In a compound meter (6/8, 9/8, 12/8) a beat is three of the lower units: 6/8 has two beats.

    Attributes:
        numerator, denominator: the two numbers of the time signature.
    """

    numerator: int
    denominator: int

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def is_compound(self) -> bool:
        """True if three of the lower units make a beat."""
        return self.denominator == 8 and self.numerator > 3 and self.numerator % 3 == 0

    @property
    def beats_per_bar(self) -> int:
        """The number of beats in a bar."""
        return self.numerator // 3 if self.is_compound else self.numerator

    @property
    def quarters_per_beat(self) -> float:
        """The length of a beat in quarter notes."""
        return 4 / self.denominator * (3 if self.is_compound else 1)


FOUR_FOUR = Meter(4, 4)


def parse_meter(text: str) -> Meter:
    """Parse a time signature such as `3/4`.

    Raises:
        SamuelError: the text is not a time signature of 2 to 12 beats of halves, quarters or
            eighths.
    """
    match = _METER.fullmatch(text.strip())
    if match is not None:
        meter = Meter(int(match[1]), int(match[2]))
        if 2 <= meter.numerator <= 12 and meter.denominator in (2, 4, 8):
            return meter
    raise SamuelError(f"{text!r} is not a meter; write it like 4/4, 3/4 or 6/8")
