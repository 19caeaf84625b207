"""Chord colours: other qualities, bass notes and passing chords in place of the plain ones."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from samuel_gen.corpus.theory import fifth_of, scale_over, third_of
from samuel_gen.lead_sheet.chord import Chord

Bars = tuple[tuple[Chord, ...], ...]
"""The chords of each bar of a progression."""

_MAJOR: dict[str, float] = {
    "add9": 4,
    "maj7": 3,
    "sus4": 3,
    "6": 2,
    "sus2": 2,
    "5": 2,
    "69": 1.5,
    "maj9": 1.5,
}
_MAJOR |= {"add11": 1, "aug": 1, "maj13": 1, "maj7#11": 1, "maj7+5": 0.8, "(b5)": 0.8}
_DOMINANT: dict[str, float] = {
    "9": 3,
    "13": 3,
    "7sus4": 3,
    "7b9": 3,
    "9sus4": 2,
    "7#9": 2,
    "7#11": 2,
    "7b13": 2,
}
_DOMINANT |= {"7#5": 2, "aug": 2, "11": 2, "13b9": 2, "9#11": 2, "7b5": 1.5, "7#9#5": 1.5}
_DOMINANT |= {"7b9#5": 1.5, "7b9b5": 1.5, "7#9b5": 1.5, "9#5": 1.5, "9b5": 1.5}
_DOMINANT_SHARE = 1.6
"""Dominants are coloured more often than other chords by this factor."""
_COLOURS: dict[str, dict[str, float]] = {
    "": _MAJOR,
    "m": {"m7": 4, "m9": 2, "madd9": 2, "m6": 2, "m11": 1.5, "m69": 1, "mmaj7": 1, "madd4": 1}
    | {"m7add11": 1, "5": 1},
    "7": _DOMINANT,
    "maj7": {"maj9": 3, "6": 2, "69": 2, "maj13": 1, "maj7#11": 1, "maj7+5": 0.5},
    "m7": {"m9": 3, "m11": 2, "m7add11": 1, "m6": 0.5, "mmaj7": 0.5},
    "6": {"69": 2, "maj7": 1, "add9": 1},
    "m6": {"m69": 2, "mmaj7": 1, "m7": 1},
    "m7b5": {"dim7": 1, "dim": 1},
}
"""The qualities that may stand in for a plain one, with their weights."""
_FOREIGN = 0.5
"""The factor of the weight for a chord with tones outside the scale."""


def colour_chord(
    chord: Chord, tonic: int, mode: str, richness: float, rng: np.random.Generator
) -> Chord:
    """Return the chord with another quality of the same function; the chord itself if none fits.

    Args:
        chord: the chord.
        tonic: the tonic of the key as a pitch class.
        mode: "major" or "minor".
        richness: the share of chords with four tones or more in the style; plain styles rarely
            have chords of five.
        rng: the source of all random choices.
    """
    options = _COLOURS.get(chord.quality, {})
    if chord.quality == "" and chord.root == (tonic + 7) % 12:
        options = options | _DOMINANT
    if not options:
        return chord
    scale = scale_over(chord, tonic, mode)
    coloured = [replace(chord, quality=quality) for quality in options]
    weights = np.array(list(options.values()), float)
    for number, each in enumerate(coloured):
        tones = each.pitch_classes
        weights[number] *= 1 if tones <= scale else _FOREIGN
        weights[number] *= 1 if len(tones) <= 4 else 0.25 + richness
    return coloured[int(rng.choice(len(coloured), p=weights / weights.sum()))]


def colour_progression(
    bars: Bars, tonic: int, mode: str, share: float, richness: float, rng: np.random.Generator
) -> Bars:
    """Give each chord of a progression another colour with a probability of about `share`."""

    def colour(chord: Chord) -> Chord:
        factor = _DOMINANT_SHARE if chord.quality == "7" else 1.0
        is_coloured = rng.random() < share * factor
        return colour_chord(chord, tonic, mode, richness, rng) if is_coloured else chord

    return tuple(tuple(colour(chord) for chord in bar) for bar in bars)


def add_passing_chords(bars: Bars, share: float, rng: np.random.Generator) -> Bars:
    """Put a diminished seventh between two chords a whole tone apart, in a share of the places."""
    following = [*bars[1:], bars[0]]
    passed = []
    for bar, after in zip(bars, following, strict=True):
        rises = (after[0].root - bar[-1].root) % 12 == 2
        if len(bar) == 1 and rises and rng.random() < share:
            root = (bar[0].root + 1) % 12
            bar = (bar[0], Chord(root, "dim7", root))
        passed.append(bar)
    return tuple(passed)


def invert_chords(bars: Bars, share: float, rng: np.random.Generator) -> Bars:
    """Put third or fifth into the bass of a share of the chords, near the bass note before."""
    inverted: list[tuple[Chord, ...]] = []
    previous: int | None = None
    for bar in bars:
        chords = []
        for chord in bar:
            if previous is not None and chord.root != previous and rng.random() < share:
                chord = replace(chord, bass=_choose_bass(chord, previous))
            previous = chord.bass
            chords.append(chord)
        inverted.append(tuple(chords))
    return tuple(inverted)


def hold_bass(bars: Bars, bass: int) -> Bars:
    """Put the same note into the bass of all chords: a pedal."""
    return tuple(tuple(replace(chord, bass=bass) for chord in bar) for bar in bars)


def measure_richness(progressions: Sequence[Bars]) -> float:
    """Return the share of chords with four tones or more."""
    sizes = [len(chord.pitch_classes) for bars in progressions for bar in bars for chord in bar]
    return float(np.mean(np.array(sizes) >= 4))


def _choose_bass(chord: Chord, previous: int) -> int:
    """Choose third or fifth, the nearer to the bass note before but not the same."""

    def distance(tone: int) -> int:
        up = (tone - previous) % 12
        return min(up, 12 - up) or 12

    return min((third_of(chord), fifth_of(chord)), key=distance)
