"""The sheet as JSON says the same as lead_sheet.txt, and its bars make the chart again."""

import json
from dataclasses import replace

import pytest

from samuel_gen.estimation.bar_choices import BarChoices
from samuel_gen.estimation.estimate import SheetEstimate
from samuel_gen.lead_sheet.chart import apply_chart, parse_chart
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.meter import parse_meter
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats
from samuel_gen.lead_sheet.text import parse_lead_sheet
from samuel_gen.web.sheet_view import describe_confidence, describe_sheet


def sheet(chart: str, first_position: int = 1, meter: str = "4/4", beats: int = 14) -> LeadSheet:
    plain = LeadSheet(
        steady_beats(120, 0.25, 0.25 + 0.5 * beats - 0.1),
        first_position,
        parse_meter(meter),
        key=parse_key("Eb"),
    )
    chords = apply_chart(plain, parse_chart(chart, plain.meter))
    return LeadSheet(plain.beats, first_position, plain.meter, chords, plain.key)


SHEETS = [
    sheet("Bb | Eb Ab | Cm@1 Bb@2.5 | N.C."),
    sheet("Bb | Eb Ab | . . Gm .", first_position=3),
    sheet("Bb | Eb . D", meter="3/4", first_position=2),
    LeadSheet((0.1, 0.7, 1.2, 1.9, 2.4), chords=(ChordChange(0, parse_chord("C")),)),
]


@pytest.mark.parametrize("given", SHEETS)
def test_the_bars_joined_are_the_chart_from_bar_1_on(given: LeadSheet) -> None:
    view = json.loads(json.dumps(describe_sheet(SheetEstimate(given)), allow_nan=False))
    assert parse_lead_sheet(view["text"]) == given
    texts = [bar["text"] for bar in view["bars"] if bar["number"] > 0]
    again = replace(given, chords=apply_chart(given, parse_chart(" | ".join(texts), given.meter)))
    first = (1 - given.first_position) % given.meter.beats_per_bar
    places = [first + half / 2 for half in range(2 * (len(given.beats) - first))]
    assert [again.chord_at(at) for at in places] == [given.chord_at(at) for at in places]


@pytest.mark.parametrize("given", SHEETS)
def test_bars_follow_each_other_on_the_downbeats(given: LeadSheet) -> None:
    view = describe_sheet(SheetEstimate(given))
    bars = view["bars"]
    assert [bar["end"] for bar in bars[:-1]] == [bar["start"] for bar in bars[1:]]
    assert [bar["number"] for bar in bars] == list(range(bars[0]["number"], bars[-1]["number"] + 1))
    assert [bar["start"] for bar in bars if bar["number"]] == list(given.downbeats)
    starts = [beat["time"] for beat in view["beats"] if beat["position"] == 1]
    assert starts == list(given.downbeats)
    for bar in bars:
        assert all(bar["start"] <= chord["time"] < bar["end"] for chord in bar["chords"])


def test_a_sheet_without_chords_has_empty_bars() -> None:
    bars = describe_sheet(SheetEstimate(LeadSheet((0.0, 0.5, 1.0))))["bars"]
    assert [(bar["text"], bar["chords"]) for bar in bars] == [("", [])]


def test_what_is_given_has_no_share_and_chords_are_spelled_as_in_the_key() -> None:
    estimate = SheetEstimate(SHEETS[0], {"key": 0.64321, "chords": 0.5}, {"key": ("C minor",)})
    choices = [BarChoices(1, 0.25, ((parse_chord("G#"), 0.125),))]
    view = describe_confidence(estimate, choices)
    assert view["key"] == {"value": "Eb major", "share": 0.643, "alternatives": ["C minor"]}
    assert view["tempo"] == {"value": "120", "share": None, "alternatives": []}
    assert view["chords"]["bars"] == [
        {"number": 1, "share": 0.25, "alternatives": [{"chord": "Ab", "share": 0.125}]}
    ]
