"""Modulators of a soundfont: how velocity and key change the generators of a zone.

Source: E-mu Systems, "SoundFont Technical Specification" 2.04 (2006), sections 8.2 to 8.4 and 9.5.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_VELOCITY, _KEY = 2, 3
_CONTROLLER, _FALLING, _BIPOLAR = 0x80, 0x100, 0x200
_CONCAVE, _CONVEX, _SWITCH = 1, 2, 3
ATTENUATION = 48
"""The generator of attenuation [centibels]."""
VELOCITY_TO_ATTENUATION = 0x502
"""The source of the modulator that every zone has, unless the font replaces it."""
DEFAULT_ATTENUATION = 960
"""The amount of that modulator [centibels]: an amplitude that grows with the velocity squared."""


@dataclass(frozen=True)
class Modulator:
    """One modulator.

    Attributes:
        source: the code of the velocity, key or controller that it follows (16 bits).
        generator: the number of the generator that it changes.
        amount: the largest change, in the unit of that generator.
        scale: the code of a second source, which the amount is multiplied with; 0 for none.
    """

    source: int
    generator: int
    amount: int
    scale: int = 0

    def change(self, key: int, velocity: int) -> float:
        """Return by how much it changes its generator for one note.

        Wheels and pedals rest, so that modulators which follow them change nothing.

        Args:
            key, velocity: the key and the velocity of the note (MIDI, 0-127).
        """
        factor = 1.0 if self.scale == 0 else _follow(self.scale, key, velocity)
        return self.amount * factor * _follow(self.source, key, velocity)


def _follow(source: int, key: int, velocity: int) -> float:
    """The value of a source, from 0 or -1 to 1; 0 for wheels and pedals."""
    number = {_VELOCITY: velocity, _KEY: key}.get(source & 0x7F)
    if source & _CONTROLLER or number is None:
        return 0.0
    x = 127 - number if source & _FALLING else number
    curve = source >> 10
    if curve == _CONCAVE:
        value = _concave(x)
    elif curve == _CONVEX:
        value = 1 - _concave(127 - x)
    elif curve == _SWITCH:
        value = float(x >= 64)
    else:
        value = x / 127
    return 2 * value - 1 if source & _BIPOLAR else value


def _concave(x: int) -> float:
    """The curve that rises late: 0 at 0, 1 at 127."""
    return min(1.0, -40 / 96 * math.log10(max(127 - x, 1e-9) / 127))


def combine(instrument: Iterable[Modulator], preset: Iterable[Modulator]) -> tuple[Modulator, ...]:
    """Return the modulators of a zone, those of the preset added to those of the instrument.

    The default modulator from velocity to attenuation is left out, since players apply it
    themselves; one that replaces it is given as the difference from it.

    Args:
        instrument: the modulators of the instrument's zone.
        preset: the modulators of the preset's zone.
    """
    combined = []
    for modulator in instrument:
        kind = (modulator.source, modulator.generator)
        if kind == (VELOCITY_TO_ATTENUATION, ATTENUATION):
            amount = modulator.amount - DEFAULT_ATTENUATION
            modulator = Modulator(*kind, amount, modulator.scale)
        combined.append(modulator)
    return tuple(
        modulator
        for modulator in (*combined, *preset)
        if modulator.amount and modulator.source & 0x7F in (_VELOCITY, _KEY)
    )
