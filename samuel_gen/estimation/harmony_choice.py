"""The choice of chords: those that agree best with all that are probable."""

from functools import cache

import numpy as np
from jaxtyping import Float, Int

from samuel_gen.estimation.harmony_confidence import ChordProbabilities, list_triads, place_states
from samuel_gen.estimation.harmony_decoding import find_best_path
from samuel_gen.lead_sheet.key import Key

_WEIGHT = 8.0  # of a beat's agreement, against the logarithm of a successor's probability
_FLATNESS = 0.5  # exponent of the successors' probabilities: agreement holds most of them already
_SAME_ROOT = 0.3  # share of the agreement that two chords of one root have for it


def choose_states(
    probabilities: ChordProbabilities,
    key: Key,
    change: Float[np.ndarray, " beats"],
    transition: Float[np.ndarray, "states states"],
    initial: Float[np.ndarray, " states"],
    final: Float[np.ndarray, " states"],
) -> Int[np.ndarray, " beats"]:
    """Choose the states of a key that share most tones with all probable chords.

    Where several chords are almost as probable, the one that clashes least with the others wins,
    rather than the most probable one.

    Args:
        probabilities: the probability of each triad at each beat.
        key: the key.
        change: the probability that the chord changes at each beat.
        transition: the probability of each successor once the chord changes.
        initial: the probability of the first state.
        final: a factor on the last state.
    """
    agreement = probabilities @ _agreements()
    flat = transition**_FLATNESS
    return find_best_path(
        _WEIGHT * agreement[:, place_states(key)],
        change,
        flat / flat.sum(axis=1, keepdims=True),
        initial**_FLATNESS,
        final,
    )


@cache
def _agreements() -> Float[np.ndarray, "chords chords"]:
    """The agreement of each two triads, from 0 to 1: shared tones and the same root."""
    triads = list_triads()
    tones = np.array([[tone in triad.pitch_classes for tone in range(12)] for triad in triads])
    roots = np.array([triad.root for triad in triads])
    shared = tones.astype(float) @ tones.T / 3
    return np.asarray((1 - _SAME_ROOT) * shared + _SAME_ROOT * (roots[:, None] == roots))
