import numpy as np
import pytest

from samuel_gen.estimation.harmony_confidence import (
    list_triads,
    mean_probability,
    name_alternatives,
    pool_keys,
)
from samuel_gen.estimation.harmony_fixed import FixedChord
from samuel_gen.estimation.harmony_prior import STATES
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats

C, F, A_MINOR = Chord(0, "", 0), Chord(5, "", 5), Chord(9, "m", 9)
SHEET = LeadSheet(
    steady_beats(120, 0, 3.9),
    chords=(ChordChange(0, C), ChordChange(4, F)),
    key=Key(0, "major"),
)


def probabilities(second: float) -> np.ndarray:
    """C for a bar, then F with A minor as the second choice."""
    found = np.zeros((8, 36))
    triads = list_triads()
    found[:4, triads.index(C)] = 1
    found[4:, triads.index(F)] = 1 - second
    found[4:, triads.index(A_MINOR)] = second
    return found


def test_one_chord_in_two_keys_is_pooled() -> None:
    keys = [Key(0, "major"), Key(9, "minor")]
    posterior = np.zeros((2, 1, len(STATES)))
    posterior[0, 0, STATES.index((9, "m"))] = 1  # vi in C major
    posterior[1, 0, STATES.index((0, "m"))] = 1  # i in A minor
    pooled = pool_keys(posterior, np.array([0.7, 0.3]), keys)
    assert pooled[0, list_triads().index(A_MINOR)] == pytest.approx(1)


def test_the_confidence_is_the_mean_over_free_beats() -> None:
    states = [C] * 4 + [F] * 4
    assert mean_probability(probabilities(0.4), states, []) == pytest.approx(0.8)
    fixed = [FixedChord(0, 4, C)]
    assert mean_probability(probabilities(0.4), states, fixed) == pytest.approx(0.6)
    assert mean_probability(probabilities(0.4), states, [FixedChord(0, 8, C)]) == 1


def test_the_doubtful_bar_is_named_with_its_second_choice() -> None:
    states = [C] * 4 + [F] * 4
    named = name_alternatives(probabilities(0.4), states, SHEET, [], 3)
    assert named == ("bar 2: Am instead of F",)
    assert name_alternatives(probabilities(0.05), states, SHEET, [], 3) == ()
    assert name_alternatives(probabilities(0.4), states, SHEET, [FixedChord(4, 8, F)], 3) == ()


def test_bars_are_counted_from_the_first_whole_one() -> None:
    sheet = LeadSheet(SHEET.beats, 3, chords=SHEET.chords)
    named = name_alternatives(probabilities(0.4), [C] * 4 + [F] * 4, sheet, [], 3)
    assert named == ("bar 1, beat 3: Am instead of F",)
