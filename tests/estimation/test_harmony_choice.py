"""Laws of the choice between probable chords."""

import numpy as np

from samuel_gen.estimation.harmony_choice import choose_states
from samuel_gen.estimation.harmony_confidence import list_triads
from samuel_gen.estimation.harmony_prior import STATES, general_tables
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.key import Key, parse_key


def choose(shares: dict[str, float], key: Key, beats: int = 4) -> list[tuple[int, str]]:
    """The states that are chosen where each beat has the same probable chords."""
    triads = list_triads()
    probabilities = np.zeros((beats, len(triads)))
    for symbol, share in shares.items():
        probabilities[:, triads.index(parse_chord(symbol))] = share
    states = len(STATES)
    change, tables = np.full(beats, 0.1), general_tables()
    path = choose_states(
        probabilities, key, change, tables.transition[0], np.ones(states), np.ones(states)
    )
    return [STATES[state] for state in path]


def test_a_certain_chord_is_chosen() -> None:
    assert choose({"Eb": 1}, parse_key("Bb")) == [(5, "")] * 4


def test_a_chord_that_shares_tones_with_its_rivals_wins_over_a_likelier_one() -> None:
    rivals = {"B": 0.36, "Am": 0.3, "C": 0.34}  # Am and C share two tones; B shares none
    assert choose(rivals, parse_key("C"))[0] in ((0, ""), (9, "m"))
    assert choose({"B": 0.8, "Am": 0.1, "C": 0.1}, parse_key("C"))[0] == (11, "")


def test_the_choice_moves_with_the_key() -> None:
    assert choose({"F": 0.6, "Dm": 0.4}, parse_key("C")) == choose(
        {"G": 0.6, "Em": 0.4}, parse_key("D")
    )
