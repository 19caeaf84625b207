import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.style import STYLES, parse_style, style_number


@pytest.mark.parametrize("text", ["bossa_nova", "Bossa Nova", " bossa-nova "])
def test_style_is_read_in_any_common_spelling(text):
    assert parse_style(text) == "bossa_nova"


def test_unknown_style_names_the_list():
    with pytest.raises(SamuelError, match="'polka' is not a style; choose one of pop, "):
        parse_style("polka")


def test_numbers_follow_the_list_and_unknown_styles_have_none():
    assert [style_number(name) for name in STYLES] == list(range(len(STYLES)))
    assert style_number("polka") is None and style_number(None) is None
