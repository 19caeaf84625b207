"""General knowledge of harmony: the chords of a key, their usual successors and their melodies."""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float

MODES = ("major", "minor")
FAMILIES = ("", "m", "dim")
"""The kinds of triads that a harmony is built of; colours such as sevenths are added later."""

STATES: tuple[tuple[int, str], ...] = (
    *((interval, family) for family in ("", "m") for interval in range(12)),
    *((interval, "dim") for interval in (2, 6, 11)),
)
"""The chords of a key: semitones above the tonic, and the family."""

TRIADS = {"": (0, 4, 7), "m": (0, 3, 7), "dim": (0, 3, 6)}
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_DEGREES = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 11}
_NUMERAL = re.compile(r"(b|#)?([iv]+|[IV]+)(o)?")

_PLAYED_TONES = 0.6  # share of an accompaniment's chroma on the tones of the chord
TONE_SHARES: Float[np.ndarray, "states 12"] = np.array(
    [
        [
            _PLAYED_TONES / 3
            if (tone - interval) % 12 in TRIADS[family]
            else (1 - _PLAYED_TONES) / 9
            for tone in range(12)
        ]
        for interval, family in STATES
    ]
)
"""The share of an accompaniment's chroma on each pitch class above the tonic, per state."""

# Share of a melody's time on each tone of the chord, on the other tones of the scale (together)
# and on foreign ones (together).
_CHORD_TONES = (0.27, 0.22, 0.19)
_SCALE_TONES, _FOREIGN_TONES = 0.29, 0.03

_SMOOTHING = 0.15  # successors by frequency alone, added to those of the progressions

# Progressions that songs of many styles repeat, and their weight.
_MAJOR = """
I V vi IV = 6; vi IV I V = 5; I IV V V = 3; I IV I V = 4; I vi IV V = 5; I vi ii V = 3;
I V IV V = 2; IV I V vi = 2; IV V I vi = 1; IV V vi I = 1; I IV vi V = 3; I iii IV V = 2;
I iii vi IV = 2; I V IV I = 3; I IV V I = 4; I ii IV V = 2; I ii V I = 2; ii V I vi = 2;
ii V I I = 2; vi V IV V = 2; I IV = 3; I V = 3; I bVII IV I = 3; I bVII IV IV = 2;
I IV bVII IV = 1; I V ii IV = 2; vi IV V I = 1; IV V iii vi = 2; I V vi iii IV I IV V = 2;
I I IV IV I V I I = 2; I IV I V IV I = 1; I I IV iv = 1; I III IV iv = 1; I III vi IV = 1;
ii V iii VI = 1; I VI ii V = 2; I II IV I = 1; I II ii V = 1; vi ii V I = 2; I iv I V = 1;
I bVI bVII I = 1; I bIII IV I = 1; I V vi V = 1; I I IV I V IV I V = 2; I viio vi IV = 1;
I v IV I = 1; IV I IV V = 1; vi iii IV I = 1; I vi I V = 1
"""
_MINOR = """
i bVI bIII bVII = 5; i bVII bVI bVII = 3; i bVII bVI V = 3; i iv bVII bIII = 2; i iv v i = 2;
i iv V i = 3; i bIII bVII iv = 2; i bIII bVII bVI = 2; i bVI bVII i = 2; i bVI iv V = 2;
i V i V = 1; i iv i V = 2; i iv i v = 1; i bVII = 2; i iv = 2; bVI bVII i i = 3;
bVI bIII bVII i = 2; i v bVI bVII = 2; i v iv i = 1; i bVII iv bVI = 1; i IV = 1;
i bIII IV bVI = 1; i iio V i = 2; i iv bVI V = 2; i bIII iv bVI = 1; i bVII bIII bVI = 1;
i i iv i V i = 1; iv bVII bIII bVI iio V i = 2; i bII V i = 1; i v i iv = 1; i bVI i V = 1;
i I iv V = 1; i bVI v i = 1; i iv bVI bVII = 1
"""


@dataclass(frozen=True, eq=False)
class HarmonyTables:
    """The probabilities of a harmony, relative to the tonic; the first axis is major, minor.

    Attributes:
        emission: the share of a melody's time on each pitch class above the tonic, per state.
        transition: the probability of each successor, once the chord changes.
        initial: the share of each state in songs.
    """

    emission: Float[np.ndarray, "2 states 12"]
    transition: Float[np.ndarray, "2 states states"]
    initial: Float[np.ndarray, "2 states"]


def parse_degree(numeral: str) -> int:
    """Return the number of the state that a Roman numeral names, such as `bVII`, `ii` or `viio`."""
    match = _NUMERAL.fullmatch(numeral)
    if match is None:
        raise KeyError(numeral)
    accidental, degree, diminished = match.groups()
    interval = _DEGREES[degree.lower()] + {"b": -1, "#": 1, None: 0}[accidental]
    family = "dim" if diminished else "m" if degree.islower() else ""
    return STATES.index((interval % 12, family))


@cache
def general_tables() -> HarmonyTables:
    """Return the tables that follow from common progressions and from the tones of the chords."""
    emission = np.stack([[_tone_shares(state, mode) for state in STATES] for mode in MODES])
    counts = [_count_progressions(text) for text in (_MAJOR, _MINOR)]
    initial = np.stack([state for _, state in counts])
    transition = np.stack([_fill_rows(pairs, state) for pairs, state in counts])
    return HarmonyTables(emission, transition, initial)


def _tone_shares(state: tuple[int, str], mode: str) -> Float[np.ndarray, " 12"]:
    """The share of a melody's time on each pitch class above the tonic, over one chord.

    A chord tone outside the scale displaces the scale's tones a semitone away from it.
    """
    root, family = state
    tones = [(root + interval) % 12 for interval in TRIADS[family]]
    scale = set(_SCALES[mode])
    for tone in set(tones) - scale:
        scale -= {(tone - 1) % 12, (tone + 1) % 12} - set(tones)
    others = [tone for tone in scale if tone not in tones]
    foreign = [tone for tone in range(12) if tone not in tones and tone not in others]
    shares = np.zeros(12)
    shares[tones] = _CHORD_TONES
    shares[others] = _SCALE_TONES / len(others)
    shares[foreign] = _FOREIGN_TONES / len(foreign)
    return shares


def _count_progressions(
    text: str,
) -> tuple[Float[np.ndarray, "states states"], Float[np.ndarray, " states"]]:
    """Count the changes between chords, and the chords, in repeated progressions."""
    pairs, single = np.zeros((len(STATES), len(STATES))), np.full(len(STATES), 0.05)
    for entry in text.replace("\n", " ").split(";"):
        chords, _, weight = entry.partition("=")
        states = [parse_degree(numeral) for numeral in chords.split()]
        for now, after in zip(states, [*states[1:], states[0]], strict=True):
            single[now] += float(weight) / len(states)
            if now != after:
                pairs[now, after] += float(weight)
    return pairs, single / single.sum()


def _fill_rows(
    pairs: Float[np.ndarray, "states states"], single: Float[np.ndarray, " states"]
) -> Float[np.ndarray, "states states"]:
    """Turn counts of changes into probabilities; rare chords move on to frequent ones."""
    filled = pairs + (1 + _SMOOTHING * pairs.sum(1, keepdims=True)) * single
    np.fill_diagonal(filled, 0)
    return np.asarray(filled / filled.sum(1, keepdims=True))
