import pytest

from samuel_gen.estimation.harmony_colours import colour_states
from samuel_gen.estimation.harmony_prior import STATES, parse_degree
from samuel_gen.lead_sheet.key import parse_key


def colour(numerals: str, key: str, style: str | None) -> list[str]:
    path = [parse_degree(numeral) for numeral in numerals.split()]
    return [str(chord) for chord in colour_states(path, parse_key(key), style)]


@pytest.mark.parametrize(
    ("style", "chords"),
    [
        (None, "F Dm Gm C F"),
        ("pop", "F Dm Gm C F"),
        ("country", "F Dm Gm C7 F"),
        ("jazz_trio", "Fmaj7 Dm7 Gm7 C7 Fmaj7"),
    ],
)
def test_the_style_colours_the_chords(style: str | None, chords: str) -> None:
    assert colour("I vi ii V I", "F", style) == chords.split()


def test_a_dominant_has_a_seventh_only_where_it_falls_by_a_fifth() -> None:
    assert colour("I II V IV I V V", "C", "gospel") == ["C", "D7", "G", "F", "C", "G", "G"]


def test_one_chord_has_one_colour_while_it_lasts() -> None:
    assert colour("V V V I", "C", "soul") == ["G7", "G7", "G7", "C"]


def test_every_state_has_a_symbol_in_every_style() -> None:
    for style in (None, "bossa_nova", "waltz"):
        chords = colour_states(range(len(STATES)), parse_key("C"), style)
        assert [chord.root for chord in chords] == [root for root, _ in STATES]
