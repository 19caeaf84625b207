from pathlib import Path
from typing import Any

import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.estimation.given import GivenSheet, parse_given
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats
from samuel_gen.lead_sheet.style import STYLES
from samuel_gen.lead_sheet.text import format_lead_sheet, parse_lead_sheet

SHEET = "key: D minor\ntempo: 92\nbar 1 at: 0.41 s\nstyle: soul\n\n| Dm | Gm C | F | A7 |\n"


def test_nothing_given_is_nothing_known() -> None:
    assert parse_given() == GivenSheet()


@pytest.mark.parametrize(
    ("text", "tempo", "factor"),
    [
        ("92", 92, 1),
        ("92.5 bpm", 92.5, 1),
        (92.0, 92, 1),
        (92, 92, 1),
        ("x2", None, 2),
        ("/2", None, 0.5),
    ],
)
def test_a_tempo_is_a_number_or_a_factor(text: Any, tempo: float | None, factor: float) -> None:
    given = parse_given(tempo=text)
    assert (given.tempo, given.tempo_factor) == (tempo, factor)


def test_a_chart_tells_the_meter_that_it_alone_fits() -> None:
    assert str(parse_given(chords="C . G | F G C").meter) == "3/4"
    assert parse_given(chords="C | G").meter is None
    assert parse_given(chords="C . . G").meter is None


def test_a_sheet_may_leave_out_the_beats(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("key: Dm\nmeter: 3/4\n| Dm | A7 |\n")
    given = parse_given(lead_sheet=tmp_path / "a.txt")
    assert given.sheet is None and given.chart is not None and given.tempo is None
    assert (str(given.key), str(given.meter)) == ("D minor", "3/4")
    (tmp_path / "b.txt").write_text("tempo: 92\n| Dm | A7 |\n")
    assert parse_given(lead_sheet=tmp_path / "b.txt").tempo == 92
    assert parse_given(lead_sheet=tmp_path / "b.txt", tempo="x2").tempo == 184


def test_a_whole_sheet_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(SHEET)
    given = parse_given(lead_sheet=tmp_path / "a.txt")
    assert given.sheet == parse_lead_sheet(SHEET) and given.notes == ()
    assert parse_given(lead_sheet=parse_lead_sheet(SHEET)).sheet == given.sheet


def test_options_win_over_a_sheet_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(SHEET)
    given = parse_given(lead_sheet=tmp_path / "a.txt", chords="C | G", key="C", tempo="x2")
    assert given.notes == (f"--key, --chords win over {tmp_path / 'a.txt'}",)
    assert str(given.key) == "C major" and given.style == "soul"


def test_labels_tell_the_meter(tmp_path: Path) -> None:
    (tmp_path / "taps.txt").write_text("0.5 1\n1.0 2\n1.5 3\n2.0 1\n2.5 2\n")
    assert str(parse_given(beats=tmp_path / "taps.txt").meter) == "3/4"
    assert str(parse_given(beats=tmp_path / "taps.txt", meter="3/8").meter) == "3/8"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"tempo": "301"}, "tempo 301: choose 30 to 300"),
        ({"tempo": 29}, "tempo 29: choose 30 to 300"),
        ({"tempo": "fast"}, "tempo 'fast': give beats per minute"),
        ({"bar_1_at": -1.0}, "bar 1 at -1 s: name a time from 0 s on"),
        ({"meter": "4/5"}, "'4/5' is not a meter"),
        ({"key": "H"}, "'H' is not a key"),
        ({"style": "polka"}, f"'polka' is not a style; choose one of {', '.join(STYLES)}"),
        ({"chords": "Dm | Gm Hx"}, "--chords, line 1, column 9: 'Hx' is not a chord"),
        ({"chords": "C F G", "meter": "4/4"}, "--chords, line 1, column 1: 3 chords do not share"),
        ({"chords": "C F G Am C F G"}, "7 chords do not share a bar of 4 beats"),
        ({"beats": (0.5, 1.0, 0.9)}, "beats must rise"),
        ({"beats": (0.5, 1.0), "tempo": "92"}, "--tempo does not go with beats"),
    ],
)
def test_what_cannot_be_used_is_one_line(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(SamuelError) as caught:
        parse_given(**given)
    assert reason in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("style: polka\n| C |", "line 1, column 8: 'polka' is not a style"),
        ("tempo: 92\n| C | Hm |", "line 2, column 7: 'Hm' is not a chord"),
        ("pickup: 1 beats\n| C |", "line 1, column 9: a pickup needs the lines tempo and bar 1"),
        ("meter: 3/4\n| C . . G |", "line 2, column 3: 4 chords do not share a bar of 3 beats"),
    ],
)
def test_a_typo_in_a_sheet_has_its_place(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(SamuelError, match=f"a.txt, {place}"):
        parse_given(lead_sheet=tmp_path / "a.txt")


def test_bars_of_the_beats_must_fit_the_meter(tmp_path: Path) -> None:
    (tmp_path / "taps.txt").write_text("0.5 1\n1.0 2\n1.5 3\n2.0 1\n2.5 2\n")
    with pytest.raises(SamuelError, match="taps.txt: bars of 3 beats do not fit 4/4"):
        parse_given(beats=tmp_path / "taps.txt", meter="4/4")


def test_chords_may_be_left_open(tmp_path: Path) -> None:
    text = format_lead_sheet(LeadSheet(steady_beats(92, 0, 8))) + "\n| C | ? | G |\n"
    (tmp_path / "a.txt").write_text(text)
    given = parse_given(lead_sheet=tmp_path / "a.txt")
    assert given.open == ((4, 8),) and given.sheet is not None
    with pytest.raises(SamuelError, match=r"\? leaves a chord to be found"):
        parse_lead_sheet(text)
