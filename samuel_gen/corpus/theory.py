"""Music theory: pitch classes, chords, scales and voice leading."""

import re
from functools import cache

from samuel_gen.lead_sheet.chord import Chord, qualities

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10)

_DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_SMALL = {"": "m", "7": "m7", "9": "m9", "6": "m6", "dim": "dim", "m7b5": "m7b5"}
_ROMAN = re.compile(r"(b|#)?([iv]+|[IV]+)(.*)")


def tones_of(chord: Chord) -> tuple[int, ...]:
    """The chord's pitch classes in order of their height above the root, root first."""
    return tuple(sorted(chord.pitch_classes, key=lambda tone: (tone - chord.root) % 12))


def third_of(chord: Chord) -> int:
    """The chord's third, or the tone that is suspended in its place; the root if it has neither."""
    return _find_tone(chord, (4, 3, 5, 2))


def fifth_of(chord: Chord) -> int:
    """The chord's fifth, perfect, diminished or augmented; the root if it has none."""
    return _find_tone(chord, (7, 6, 8))


def _find_tone(chord: Chord, intervals: tuple[int, ...]) -> int:
    tones = [(chord.root + interval) % 12 for interval in intervals]
    return next((tone for tone in tones if tone in chord.pitch_classes), chord.root)


@cache
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
    quality = _SMALL[suffix] if degree.islower() else suffix
    if quality not in qualities():
        raise KeyError(numeral)
    root = (tonic + _DEGREES[degree.lower()] + shift) % 12
    return Chord(root, quality, root)


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
        chord: the chord to voice; if it has more than `voices` tones, fifth and root are dropped
            first, then a fourth beside a major third, as players do who have a bass beside them.
        previous: the voicing before this one; empty at the start.
        low, high: the register (MIDI), at least an octave wide.
        voices: the greatest number of notes.
    """
    tones = list(tones_of(chord))
    clash = [(chord.root + 5) % 12] * (third_of(chord) == (chord.root + 4) % 12)
    for dispensable in ((chord.root + 7) % 12, chord.root, *clash, *tones_of(chord)[1:]):
        if len(tones) > voices and dispensable in tones:
            tones.remove(dispensable)
    tones.sort()
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
