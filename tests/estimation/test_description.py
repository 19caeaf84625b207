from dataclasses import replace

from samuel_gen.estimation.description import describe_estimate
from samuel_gen.lead_sheet.chart import apply_chart, parse_chart
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.meter import FOUR_FOUR
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats


def make_sheet(first_position: int = 1) -> LeadSheet:
    plain = LeadSheet(steady_beats(92, 0.41, 60), first_position, key=parse_key("D minor"))
    chart = parse_chart("Dm | Gm C | F | A7", FOUR_FOUR)
    return replace(plain, chords=apply_chart(plain, chart))


def test_estimates_have_a_certainty_and_alternatives() -> None:
    lines = describe_estimate(
        make_sheet(),
        {"key": 0.84, "tempo": 0.71, "bar 1": 0.66},
        {"key": ("F major",), "tempo": ("46", "184"), "bar 1": ("1.06",)},
        ["--chords wins over sheet.txt"],
        bars=8,
    )
    assert lines == [
        "key       D minor (84%), or F major",
        "tempo     92 (71%), or 46, 184",
        "meter     4/4 (given)",
        "bar 1     at 0.41 s (66%), or 1.06 s",
        "style     not given",
        "note      --chords wins over sheet.txt",
        "| Dm   | Gm C | F    | A7   |  0:00",
        "| Dm   | Gm C | F    | A7   |  0:10",
        "... and 15 more bars in lead_sheet.txt",
    ]


def test_a_row_has_the_time_of_its_first_bar() -> None:
    sheet = make_sheet(first_position=4)
    rows = [line for line in describe_estimate(sheet, {}, {}) if line.startswith("|")]
    assert len(rows) == 6
    for number, row in enumerate(rows[1:], 1):
        seconds = sheet.downbeats[4 * number - 1]  # the pickup is a bar of the chart
        assert row.endswith(f"  0:{int(seconds):02d}")


def test_a_drifting_tempo_is_a_range() -> None:
    beats = tuple(float(beat) for beat in (0.0, 0.5, 1.0, 1.5, 2.0, 2.6, 3.2, 3.8, 4.4))
    lines = describe_estimate(LeadSheet(beats), {"tempo": 0.5}, {})
    assert lines[1] == "tempo     about 109, from 100 to 120 (50%)"


def test_no_line_is_wider_than_a_terminal() -> None:
    sheet = make_sheet()
    chart = parse_chart("Dm7b5/Ab Gm7b5/Db@2.5 | C | C | C", FOUR_FOUR)
    wide = replace(sheet, chords=apply_chart(sheet, chart))
    others = {"chords": tuple(f"bar {bar}: F#m7b5 instead of Bbmaj7" for bar in range(9))}
    lines = describe_estimate(wide, {"chords": 0.5}, others, bars=16)
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("|") for line in lines) == 8, "two bars in a row"
