import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.meter import parse_meter


@pytest.mark.parametrize(
    ("text", "beats", "quarters"),
    [
        ("4/4", 4, 1),
        ("3/4", 3, 1),
        ("6/8", 2, 1.5),
        ("12/8", 4, 1.5),
        ("2/2", 2, 2),
        ("3/8", 3, 0.5),
    ],
)
def test_beats_of_a_bar(text: str, beats: int, quarters: float) -> None:
    meter = parse_meter(text)
    assert (meter.beats_per_bar, meter.quarters_per_beat) == (beats, quarters)
    assert str(meter) == text
    assert beats * quarters == meter.numerator * 4 / meter.denominator


@pytest.mark.parametrize("text", ["4", "0/4", "4/5", "13/4", "waltz", "4/4/4"])
def test_what_is_no_meter_is_refused(text: str) -> None:
    with pytest.raises(SamuelError, match="is not a meter"):
        parse_meter(text)
