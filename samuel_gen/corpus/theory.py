"""Music theory: pitch classes, chords, scales and voice leading."""

import re
from dataclasses import dataclass

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10)

INTERVALS: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "min6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "7sus4": (0, 5, 7, 10),
    "add9": (0, 2, 4, 7),
    "9": (0, 2, 4, 7, 10),
    "maj9": (0, 2, 4, 7, 11),
    "min9": (0, 2, 3, 7, 10),
}
"""The tones of each chord quality, in semitones above the root."""

_DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_SMALL = {"": "min", "7": "min7", "9": "min9", "6": "min6", "dim": "dim", "m7b5": "m7b5"}
_ROMAN = re.compile(r"(b|#)?([iv]+|[IV]+)(.*)")


@dataclass(frozen=True)
class Chord:
    """A chord: its root (pitch class, 0 = C) and its quality, a key of `INTERVALS`."""

    root: int
    quality: str

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """The chord's pitch classes, root first."""
        return tuple((self.root + interval) % 12 for interval in INTERVALS[self.quality])


def parse_numeral(numeral: str, tonic: int) -> Chord:
    """Return the chord that a roman numeral names in a key, such as `bVII`, `ii7` or `V7sus4`.

    Degrees are those of the major scale in either mode; lower case means a minor third.

    Raises:
        KeyError: if the degree or the quality is unknown.
    """
    match = _ROMAN.fullmatch(numeral)
    if match is None:
        raise KeyError(numeral)
    accidental, degree, suffix = match.groups()
    shift = {"b": -1, "#": 1, None: 0}[accidental]
    quality = _SMALL[suffix] if degree.islower() else suffix or "maj"
    if quality not in INTERVALS:
        raise KeyError(numeral)
    return Chord((tonic + _DEGREES[degree.lower()] + shift) % 12, quality)


def scale_of(tonic: int, mode: str) -> tuple[int, ...]:
    """The seven pitch classes of a key, tonic first; minor means natural minor."""
    steps = MAJOR_SCALE if mode == "major" else MINOR_SCALE
    return tuple((tonic + step) % 12 for step in steps)


def scale_over(chord: Chord, tonic: int, mode: str) -> frozenset[int]:
    """The scale of a key, adapted to a chord that has tones outside it.

    A chord tone outside the key displaces the scale tones a semitone away from it that are not
    chord tones themselves: over V in minor the leading tone replaces the seventh degree.
    """
    tones = set(chord.pitch_classes)
    scale = set(scale_of(tonic, mode))
    for tone in tones - scale:
        scale -= {(tone - 1) % 12, (tone + 1) % 12} - tones
    return frozenset(scale | tones)


def choose_voicing(
    chord: Chord, previous: tuple[int, ...], low: int, high: int, voices: int = 4
) -> tuple[int, ...]:
    """Choose the close voicing of a chord that is nearest to the previous voicing (MIDI).

    Args:
        chord: the chord to voice; if it has more than `voices` tones, the fifth is dropped first.
        previous: the voicing before this one; empty at the start.
        low, high: the register (MIDI), at least an octave wide.
        voices: the greatest number of notes.
    """
    tones = list(chord.pitch_classes)
    if len(tones) > voices:
        tones.remove((chord.root + 7) % 12)
    tones = sorted(tones[:voices])
    target = sum(previous) / len(previous) if previous else (low + high) / 2
    best: tuple[float, tuple[int, ...]] | None = None
    for bottom in range(low, high + 1):
        if bottom % 12 not in tones:
            continue
        inversion = tones.index(bottom % 12)
        pitches = [bottom]
        for tone in tones[inversion + 1 :] + tones[:inversion]:
            pitches.append(pitches[-1] + (tone - pitches[-1]) % 12)
        cost = abs(sum(pitches) / len(pitches) - target) + 4 * max(0, pitches[-1] - high)
        cost += sum(min((abs(p - q) for q in previous), default=0) for p in pitches) / len(pitches)
        if best is None or cost < best[0]:
            best = (cost, tuple(pitches))
    assert best is not None
    return best[1]
