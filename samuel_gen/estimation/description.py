"""The lines that show an estimated lead sheet."""

from collections.abc import Mapping, Sequence

import numpy as np

from samuel_gen.lead_sheet.chart import format_chart
from samuel_gen.lead_sheet.counting import first_downbeat
from samuel_gen.lead_sheet.sheet import LeadSheet

_COLUMNS = 80
_BARS_PER_ROW = (4, 2, 1)
_TIME = 7  # columns for the time of a row
_OTHERS = 48  # columns for the next best values
_DRIFT = 0.02  # relative change of the tempo that is worth naming


def describe_estimate(
    sheet: LeadSheet,
    confidences: Mapping[str, float],
    alternatives: Mapping[str, Sequence[str]],
    notes: Sequence[str] = (),
    bars: int | None = None,
) -> list[str]:
    """Return header and chart of a sheet as lines of at most 80 columns.

    Args:
        sheet: the lead sheet.
        confidences: the probability of each estimated part; the others are given.
        alternatives: the next best values.
        notes: remarks, each one line.
        bars: the number of bars that are shown; None shows all.
    """
    bar_1 = sheet.time_at(first_downbeat(sheet))
    values = {
        "key": str(sheet.key) if sheet.key else "not known",
        "tempo": _describe_tempo(sheet),
        "meter": str(sheet.meter),
        "bar 1": f"at {bar_1:.2f} s",
    }
    lines = [
        f"{name:<10}{value} ({_describe_certainty(confidences.get(name))})"
        + _describe_others(name, alternatives.get(name, ()))
        for name, value in values.items()
    ]
    lines.append(f"{'style':<10}{sheet.style or 'not given'}")
    if "chords" in confidences:
        others = alternatives.get("chords", ())
        lines.append(
            f"{'chords':<10}({confidences['chords']:.0%})" + _describe_others("chords", others)
        )
    lines += [f"{'note':<10}{note}" for note in notes]
    return [*lines, *_show_chart(sheet, bars)]


def _describe_tempo(sheet: LeadSheet) -> str:
    """Describe the tempo, and its range if it drifts."""
    bar = min(sheet.meter.beats_per_bar, len(sheet.beats) - 1)
    beats = np.array(sheet.beats)
    local = 60 * bar / (beats[bar:] - beats[:-bar])
    low, high = float(local.min()), float(local.max())
    if high / low < 1 + _DRIFT:
        return f"{sheet.tempo:.4g}"
    return f"about {sheet.tempo:.0f}, from {low:.0f} to {high:.0f}"


def _describe_certainty(confidence: float | int | None) -> str:
    return "given" if confidence is None else f"{confidence:.0%}"


def _describe_others(name: str, others: Sequence[str]) -> str:
    """Name the next best values as far as the line is long."""
    text = "" if name == "chords" or not others else ", or"
    unit = " s" if name == "bar 1" else ""
    for number, other in enumerate(others):
        more = f"{text}{',' if number or name == 'chords' else ''} {other}{unit}"
        if len(more) > _OTHERS and number:
            break
        text = more
    return text


def _show_chart(sheet: LeadSheet, bars: int | None) -> list[str]:
    """Return the rows of the chart, each with the time of its first bar."""
    if not sheet.chords:
        return []
    for per_row in _BARS_PER_ROW:
        rows = format_chart(sheet, per_row).splitlines()
        if len(rows[0]) + _TIME <= _COLUMNS:
            break
    shown = len(rows) if bars is None else max(1, bars // per_row)
    bar, downbeat = sheet.meter.beats_per_bar, first_downbeat(sheet)
    lines = []
    for number, row in enumerate(rows[:shown]):
        # a pickup is the first bar of the chart
        beat = downbeat + bar * (per_row * number - bool(downbeat)) if number else 0
        seconds = int(sheet.time_at(beat))
        lines.append(f"{row}  {seconds // 60}:{seconds % 60:02d}")
    rest = sum(row.count("|") - 1 for row in rows[shown:])
    return [*lines, f"... and {rest} more bars in lead_sheet.txt"] if rest else lines
