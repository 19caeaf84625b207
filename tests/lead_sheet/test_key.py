import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.key import Key, parse_key


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_written_key_is_read_back(tonic: int, mode: str) -> None:
    key = Key(tonic, mode)
    assert parse_key(str(key)) == key


def test_musicians_spellings() -> None:
    assert parse_key("Dm") == parse_key("D minor") == parse_key("d") == Key(2, "minor")
    assert parse_key("B♭") == parse_key("Bb major") == Key(10, "major")
    for wrong in ("H", "D dorian", "", "12"):
        with pytest.raises(SamuelError, match="is not a key"):
            parse_key(wrong)


def test_signatures_follow_the_circle_of_fifths() -> None:
    assert parse_key("C").sharps == parse_key("A minor").sharps == 0
    assert parse_key("E").sharps == parse_key("C# minor").sharps == 4
    assert parse_key("Bb").sharps == parse_key("G minor").sharps == -2
    assert str(parse_key("C# minor")) == "C# minor" and str(parse_key("Db")) == "Db major"


def test_transposing_an_octave_is_no_change() -> None:
    assert Key(2, "minor").transpose(12) == Key(2, "minor")
    assert Key(11, "major").transpose(2) == Key(1, "major")
