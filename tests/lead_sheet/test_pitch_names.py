import pytest

from samuel_gen.lead_sheet.pitch_names import FLATS, SHARPS, name_pitch_class, parse_pitch_class


@pytest.mark.parametrize("spelling", [FLATS, SHARPS])
def test_every_name_is_read_back(spelling: tuple[str, ...]) -> None:
    names = [name_pitch_class(number, spelling) for number in range(12)]
    assert [parse_pitch_class(name) for name in names] == list(range(12))


def test_enharmonic_names_are_one_pitch_class() -> None:
    assert parse_pitch_class("B#") == 0
    assert parse_pitch_class("Cb") == 11
    assert parse_pitch_class("Fbb") == parse_pitch_class("Eb") == 3
    for wrong in ("H", "", "C###", "7"):
        with pytest.raises(ValueError, match="not a note name"):
            parse_pitch_class(wrong)
