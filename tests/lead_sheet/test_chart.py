import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chart import apply_chart, apply_open_spans, format_chart, parse_chart
from samuel_gen.lead_sheet.meter import FOUR_FOUR, parse_meter
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats


def changes(text: str, meter: str = "4/4") -> list[tuple[float, str]]:
    chart = parse_chart(text, parse_meter(meter))
    return [(change.beat, str(change.chord or "N.C.")) for change in chart.changes]


def test_chords_share_their_bar() -> None:
    assert changes("Dm | Gm C | F . . A7 | N.C.") == [
        (0, "Dm"),
        (4, "Gm"),
        (6, "C"),
        (8, "F"),
        (11, "A7"),
        (12, "N.C."),
    ]
    assert changes("| C | F G Am |", "3/4") == [(0, "C"), (3, "F"), (4, "G"), (5, "Am")]
    assert changes("| C F | G |", "6/8") == [(0, "C"), (1, "F"), (2, "G")]


def test_a_chord_may_stand_anywhere_in_its_bar() -> None:
    assert changes("C G@3.5 | . F@2") == [(0, "C"), (2.5, "G"), (5, "F")]


def test_a_bar_may_be_repeated() -> None:
    assert changes("C G | % | F") == [(0, "C"), (2, "G"), (4, "C"), (6, "G"), (8, "F")]


@pytest.mark.parametrize("first_position", [1, 3])
def test_a_written_chart_is_read_back(first_position: int) -> None:
    chart = parse_chart("Dm | Gm C | F . . A7 | Bb C@2.5 | N.C. | .", FOUR_FOUR)
    sheet = LeadSheet(steady_beats(100, 0, 30), first_position)
    sheet = LeadSheet(sheet.beats, first_position, chords=apply_chart(sheet, chart))
    pickup = (1 - first_position) % 4
    read = parse_chart(format_chart(sheet), FOUR_FOUR, pickup)
    again = LeadSheet(
        sheet.beats,
        first_position,
        chords=tuple(each for each in read.changes if each.beat < len(sheet.beats)),
    )
    assert again == sheet


def test_a_chart_is_repeated_from_the_first_bar() -> None:
    chart = parse_chart("C | G", FOUR_FOUR)
    sheet = LeadSheet(steady_beats(120, 0, 10), first_position=4)
    applied = LeadSheet(sheet.beats, 4, chords=apply_chart(sheet, chart))
    assert str(applied.chord_at(0)) == "G", "the pickup has the chord of the chart's end"
    for bar in range(5):
        assert str(applied.chord_at(1 + 4 * bar)) == "CG"[bar % 2]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Dm | Gm C F", "line 1, column 6: 3 chords do not share a bar of 4 beats"),
        ("Dm |\n  Hm", "line 2, column 3: 'Hm' is not a chord"),
        ("C@5", "line 1, column 1: C@5 has no place in this bar"),
        ("C G@3 F@2", "line 1, column 7: F@2 has no place"),
        ("|  |", "no bars"),
    ],
)
def test_an_error_names_its_place(text: str, place: str) -> None:
    with pytest.raises(SamuelError, match=place):
        parse_chart(text, FOUR_FOUR)


def test_a_question_mark_leaves_a_chord_to_be_found() -> None:
    chart = parse_chart("C | ? . G . | %", FOUR_FOUR)
    assert chart.open == ((4, 6), (8, 10))
    assert [(each.beat, str(each.chord)) for each in chart.changes] == [
        (0, "C"),
        (6, "G"),
        (10, "G"),
    ]
    sheet = LeadSheet(steady_beats(120, 0, 15), first_position=4)
    assert apply_open_spans(sheet, chart) == ((5, 7), (9, 11), (17, 19), (21, 23), (29, 31))
    ends_open = parse_chart("C | ?", FOUR_FOUR)
    assert apply_open_spans(sheet, ends_open)[0] == (0, 1), "the pickup has the chart's end"
    assert apply_chart(sheet, ends_open)[0].beat == 1
