import numpy as np
import pytest

from samuel_gen.estimation.harmony_prior import STATES, general_tables, parse_degree


@pytest.mark.parametrize(
    ("numeral", "state"),
    [("I", (0, "")), ("bVII", (10, "")), ("ii", (2, "m")), ("iio", (2, "dim"))],
)
def test_numerals_name_states(numeral: str, state: tuple[int, str]) -> None:
    assert STATES[parse_degree(numeral)] == state


def test_tables_are_probabilities_without_changes_to_the_same_chord() -> None:
    tables = general_tables()
    for table in (tables.emission, tables.transition, tables.initial):
        assert table.sum(-1) == pytest.approx(1) and (table >= 0).all()
    assert (np.diagonal(tables.transition, axis1=1, axis2=2) == 0).all()
    assert (tables.emission > 0).all() and (tables.initial > 0).all()


def test_a_melody_over_a_chord_prefers_its_tones_then_the_scale() -> None:
    over_g = general_tables().emission[0, STATES.index((7, ""))]
    assert over_g[[7, 11, 2]].min() > over_g[[0, 4, 9, 5]].max()
    assert over_g[[0, 4, 9, 5]].min() > over_g[[1, 3, 6, 8, 10]].max()


def test_a_foreign_chord_tone_displaces_its_neighbours_in_the_scale() -> None:
    over_e = general_tables().emission[1, STATES.index((7, ""))]  # V in minor: E over A minor
    assert over_e[11] > 5 * over_e[10]


def test_dominants_return_to_the_tonic() -> None:
    tables = general_tables()
    for mode, tonic in enumerate(("I", "i")):
        assert tables.transition[mode, parse_degree("V")].argmax() == parse_degree(tonic)
