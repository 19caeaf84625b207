"""A lead sheet as plain values for JSON, with how sure its parts are."""

from collections.abc import Sequence
from typing import Any

from samuel_gen.estimation.bar_choices import BarChoices
from samuel_gen.estimation.estimate import SheetEstimate
from samuel_gen.lead_sheet.chart import format_chart
from samuel_gen.lead_sheet.chord import NO_CHORD
from samuel_gen.lead_sheet.counting import first_downbeat
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.lead_sheet.text import format_lead_sheet


def describe_sheet(estimate: SheetEstimate) -> dict[str, Any]:
    """Return the lead sheet of an estimate.

    Args:
        estimate: the estimate.
    """
    sheet = estimate.sheet
    places = zip(sheet.beats, sheet.positions, strict=True)
    return {
        "text": format_lead_sheet(sheet),
        "chart": format_chart(sheet) if sheet.chords else "",
        "tempo": round(sheet.tempo, 2),
        "steady": sheet.steady_tempo is not None,
        "meter": str(sheet.meter),
        "key": str(sheet.key) if sheet.key else None,
        "style": sheet.style,
        "bar_1_at": sheet.bar_1,
        "notes": list(estimate.notes),
        "beats": [{"time": time, "position": position} for time, position in places],
        "bars": _list_bars(sheet),
    }


def describe_confidence(
    estimate: SheetEstimate, choices: Sequence[BarChoices] = ()
) -> dict[str, Any]:
    """Return how sure the parts of an estimate are; a share of None says that it is given.

    Args:
        estimate: the estimate.
        choices: the chords that each bar could have.
    """
    sheet, shares = estimate.sheet, estimate.confidences
    values = {
        "tempo": f"{sheet.tempo:.4g}",
        "key": str(sheet.key) if sheet.key else None,
        "meter": str(sheet.meter),
        "bar 1": f"{sheet.bar_1:.2f}",
    }
    parts: dict[str, Any] = {
        name.replace(" ", "_"): {
            "value": value,
            "share": _round(shares.get(name)),
            "alternatives": list(estimate.alternatives.get(name, ())),
        }
        for name, value in values.items()
    }
    parts["chords"] = {
        "share": _round(shares.get("chords")),
        "doubts": list(estimate.alternatives.get("chords", ())),
        "bars": [_describe_choices(each, sheet) for each in choices],
    }
    return parts


def _list_bars(sheet: LeadSheet) -> list[dict[str, Any]]:
    """Return the bars with their times and chords; a pickup is bar 0."""
    if not sheet.chords:
        texts: list[str] = []
    else:
        rows = format_chart(sheet, 1).splitlines()
        texts = [row.strip("| ") for row in rows]
    pickup, length = first_downbeat(sheet), sheet.meter.beats_per_bar
    starts = [0] * bool(pickup) + list(range(pickup, len(sheet.beats), length))
    stops = [*starts[1:], starts[-1] + length]
    bars = []
    for index, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        inner = [each.beat for each in sheet.chords if start < each.beat < stop]
        bars.append(
            {
                "number": index + (0 if pickup else 1),
                "start": round(sheet.time_at(start), 4),
                "end": round(sheet.time_at(stop), 4),
                "text": texts[index] if texts else "",
                "chords": [
                    {
                        "time": round(sheet.time_at(beat), 4),
                        "name": _name_chord(sheet, beat),
                    }
                    for beat in ([start, *inner] if sheet.chords else [])
                ],
            }
        )
    return bars


def _describe_choices(bar: BarChoices, sheet: LeadSheet) -> dict[str, Any]:
    spelling = sheet.key.spelling if sheet.key else None
    return {
        "number": bar.number,
        "share": round(bar.share, 3),
        "alternatives": [
            {"chord": chord.format(spelling), "share": round(share, 3)}
            for chord, share in bar.alternatives
        ],
    }


def _name_chord(sheet: LeadSheet, beat: float | int) -> str:
    chord = sheet.chord_at(beat)
    return chord.format(sheet.key.spelling if sheet.key else None) if chord else NO_CHORD


def _round(share: float | None) -> float | None:
    return None if share is None else round(share, 3)
