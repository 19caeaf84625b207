"""Confidence of estimated chords, and the places where another chord is almost as probable."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation.harmony_fixed import FixedChord
from samuel_gen.estimation.harmony_prior import FAMILIES, STATES
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.sheet import LeadSheet

_DOUBTFUL = 0.15  # probability from which a second choice is named

ChordProbabilities = Float[np.ndarray, "beats chords"]


def pool_keys(
    posterior: Float[np.ndarray, "keys beats states"],
    shares: Float[np.ndarray, " keys"],
    keys: Sequence[Key],
) -> ChordProbabilities:
    """Return the probability of each triad at each beat over all keys; columns as `list_triads`.

    Args:
        posterior: the probability of each state at each beat in each key.
        shares: the probability of each key.
        keys: the keys.
    """
    pooled = np.zeros((len(FAMILIES) * 12, posterior.shape[1]))
    for number, key in enumerate(keys):
        pooled[place_states(key)] += shares[number] * posterior[number].T
    return pooled.T


def place_states(key: Key) -> list[int]:
    """The number of the triad, in the order of `list_triads`, that each state of a key is."""
    return [FAMILIES.index(family) * 12 + (root + key.tonic) % 12 for root, family in STATES]


def list_triads() -> tuple[Chord, ...]:
    """The triads that `pool_keys` has probabilities for, in order."""
    return tuple(Chord(root, family, root) for family in FAMILIES for root in range(12))


def mean_probability(
    probabilities: ChordProbabilities, states: Sequence[Chord], fixed: Sequence[FixedChord]
) -> float:
    """Return the mean probability of the chosen triads; 1 if all of them are given.

    Args:
        probabilities: the probability of each triad at each beat.
        states: the chosen triad of each beat.
        fixed: the given chords, which do not count.
    """
    is_free = np.ones(len(states), bool)
    for each in fixed:
        is_free[each.beats] = False
    chosen = probabilities[np.arange(len(states)), _columns(states)]
    return float(chosen[is_free].mean()) if is_free.any() else 1.0


def name_alternatives(
    probabilities: ChordProbabilities,
    states: Sequence[Chord],
    sheet: LeadSheet,
    fixed: Sequence[FixedChord],
    count: int,
) -> tuple[str, ...]:
    """Name the chords of which another one is most probable, such as `bar 5: Am instead of F`.

    Args:
        probabilities: the probability of each triad at each beat.
        states: the chosen triad of each beat.
        sheet: the lead sheet with the chosen chords.
        fixed: the given chords, which have no alternatives.
        count: the greatest number of alternatives.
    """
    fixed_beats = {beat for each in fixed for beat in range(len(states))[each.beats]}
    columns = _columns(states)
    starts = [beat for beat in range(len(states)) if not beat or columns[beat] != columns[beat - 1]]
    triads = list_triads()
    spelling = sheet.key.spelling if sheet.key else None
    doubts = []
    for start, stop in zip(starts, [*starts[1:], len(states)], strict=True):
        mean = probabilities[start:stop].mean(axis=0)
        mean[columns[start]] = 0
        second = int(mean.argmax())
        if start not in fixed_beats and mean[second] > _DOUBTFUL:
            chord = sheet.chord_at(start) or states[start]
            text = f"{triads[second].format(spelling)} instead of {chord.format(spelling)}"
            doubts.append((float(mean[second]), f"{_name_place(sheet, start)}: {text}"))
    doubts.sort(key=lambda doubt: -doubt[0])
    return tuple(dict.fromkeys(text for _, text in doubts[:count]))


def _columns(states: Sequence[Chord]) -> list[int]:
    triads = list_triads()
    return [triads.index(state) for state in states]


def _name_place(sheet: LeadSheet, beat: int) -> str:
    """Name a beat as musicians count: bars from 1, a pickup before bar 1."""
    offset = sheet.first_position - 1
    bar, place = divmod(beat + offset, sheet.meter.beats_per_bar)
    number = bar + (1 if offset == 0 else 0)
    name = f"bar {number}" if number else "pickup"
    return name if place == 0 or number == 0 else f"{name}, beat {place + 1}"
