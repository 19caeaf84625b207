"""Scores of all chords of all keys at each beat, by rules: for melodies and for music."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation.harmony_evidence import weigh_halves
from samuel_gen.estimation.harmony_prior import MODES, TONE_SHARES, general_tables
from samuel_gen.lead_sheet.key import Key

_NOTES = 1.5  # independent notes that a beat full of singing counts as
_MUSIC_NOTES = 9.0  # the same for a beat of an accompaniment
_KEY_TRUST = 0.5  # exponent that calibrates the probabilities of keys
MODE_SHARES = (0.6, 0.4)
"""The shares of major and minor keys among songs."""


@dataclass(frozen=True, eq=False)
class HarmonyScores:
    """Evidence for chords and keys.

    Attributes:
        states: the log-likelihood of each beat under each chord of each key.
        keys: the logarithm of each key's probability by other evidence.
        trust: the weight of the likelihood of the chords in the choice of the key.
    """

    states: Float[np.ndarray, "keys beats states"]
    keys: Float[np.ndarray, " keys"]
    trust: float = _KEY_TRUST


def score_melody_by_rules(
    halves: Float[np.ndarray, "beats 2 12"], keys: Sequence[Key]
) -> HarmonyScores:
    """Score a melody by the usual share of its time on each tone over each chord.

    Args:
        halves: the share of each half of a beat that each pitch class is sung.
        keys: the keys.
    """
    notes = _NOTES * weigh_halves(halves)
    logs = np.log(general_tables().emission)
    states = [np.roll(notes, -key.tonic, axis=1) @ logs[MODES.index(key.mode)].T for key in keys]
    return HarmonyScores(np.stack(states), _mode_logs(keys))


def score_music(halves: Float[np.ndarray, "beats 2 12"], keys: Sequence[Key]) -> HarmonyScores:
    """Score the chroma of music, which has most of its strength on the tones of the chord.

    Args:
        halves: the share of each half of a beat that each pitch class sounds.
        keys: the keys.
    """
    notes = _MUSIC_NOTES * halves.mean(axis=1)
    states = [np.roll(notes, -key.tonic, axis=1) @ np.log(TONE_SHARES).T for key in keys]
    return HarmonyScores(np.stack(states), _mode_logs(keys))


def _mode_logs(keys: Sequence[Key]) -> Float[np.ndarray, " keys"]:
    return np.log([MODE_SHARES[MODES.index(key.mode)] for key in keys])
