"""The chord chart: bars of chords, as musicians write them.

A bar with one chord holds it; several chords share the bar evenly, or one stands on each beat and
`.` holds the chord before. `C@2.5` puts a chord on any place of the bar, `%` repeats a bar, and `?`
leaves a chord to be found.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chord import NO_CHORD, Chord, parse_chord
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet

HOLD, REPEAT, OPEN = ".", "%", "?"
_AT = re.compile(r"(.+)@(\d+(?:\.\d+)?)")


Span = tuple[float | int, float | int]
_Placed = list[tuple[float | int, Chord | str | None]]


@dataclass(frozen=True)
class Chart:
    """Chords in bars.

    Attributes:
        changes: the chord changes, in beats from the start of the chart.
        beats: the length of the chart in beats.
        open: the spans whose chord is to be found, in beats from the start of the chart.
    """

    changes: tuple[ChordChange, ...]
    beats: int
    open: tuple[Span, ...] = ()


@dataclass(frozen=True)
class _Token:
    text: str
    line: int
    column: int


def parse_chart(
    text: str, meter: Meter, pickup: int = 0, name: str = "chords", first_line: int = 1
) -> Chart:
    """Parse a chart such as `Dm | Gm C | F | A7`.

    Args:
        text: the bars, separated by `|`, over any number of lines.
        meter: the meter.
        pickup: the number of beats in the first bar, if it is a pickup; 0 if it is a whole bar.
        name: the name of the text in errors.
        first_line: the number of the text's first line.

    Raises:
        SamuelError: a chord is none, or a bar does not fit the meter; with line and column.
    """
    bars = _split_bars(text, first_line)
    if not bars:
        raise SamuelError(f"{name}: no bars; write them like Dm | Gm C | F | A7")
    everything: _Placed = []
    start = 0
    previous: _Placed = []
    for number, tokens in enumerate(bars):
        length = pickup if number == 0 and pickup else meter.beats_per_bar
        if [token.text for token in tokens] == [REPEAT] and number:
            placed = previous
        else:
            placed = list(_place_chords(tokens, length, meter, name))
        everything += [(start + place, chord) for place, chord in placed]
        previous = placed
        start += length
    changes = [
        ChordChange(place, chord) for place, chord in everything if not isinstance(chord, str)
    ]
    stops = [*(place for place, _ in everything), start][1:]
    spans = zip(everything, stops, strict=True)
    return Chart(
        tuple(changes),
        start,
        tuple((place, stop) for (place, chord), stop in spans if isinstance(chord, str)),
    )


def format_chart(sheet: LeadSheet, bars_per_line: int = 4) -> str:
    """Write the chords of a sheet as bars."""
    spelling = sheet.key.spelling if sheet.key else None
    bar = sheet.meter.beats_per_bar
    pickup = (1 - sheet.first_position) % bar
    starts = [0] * bool(pickup) + list(range(pickup, len(sheet.beats), bar))
    bars = []
    for start in starts:
        length = pickup if pickup and start == 0 else bar
        bars.append(_format_bar(sheet, start, length, spelling))
    rows = [bars[first : first + bars_per_line] for first in range(0, len(bars), bars_per_line)]
    width = max(len(text) for text in bars)
    return "\n".join("| " + " | ".join(f"{text:<{width}}" for text in row) + " |" for row in rows)


def apply_chart(sheet: LeadSheet, chart: Chart) -> tuple[ChordChange, ...]:
    """Repeat a chart from the sheet's first bar to its last beat.

    A pickup gets the chord of the chart's end.
    """
    pickup = (1 - sheet.first_position) % sheet.meter.beats_per_bar
    is_open = any(stop == chart.beats for _, stop in chart.open)
    lead_in = pickup and chart.changes and not is_open
    changes = [ChordChange(0, chart.changes[-1].chord)] if lead_in else []
    for offset in range(pickup, len(sheet.beats), chart.beats):
        changes += [
            ChordChange(each.beat + offset, each.chord)
            for each in chart.changes
            if each.beat + offset < len(sheet.beats)
        ]
    return tuple(changes)


def apply_open_spans(sheet: LeadSheet, chart: Chart) -> tuple[Span, ...]:
    """Repeat the spans whose chord is to be found, as `apply_chart` repeats the chords."""
    pickup, end = (1 - sheet.first_position) % sheet.meter.beats_per_bar, len(sheet.beats)
    is_open = any(stop == chart.beats for _, stop in chart.open)
    spans: list[Span] = [(0, pickup)] if pickup and is_open else []
    for offset in range(pickup, end, chart.beats):
        spans += [(start + offset, min(stop + offset, end)) for start, stop in chart.open]
    return tuple(span for span in spans if span[0] < span[1])


def _split_bars(text: str, first_line: int) -> list[list[_Token]]:
    bars: list[list[_Token]] = [[]]
    for line, row in enumerate(text.split("\n"), first_line):
        for match in re.finditer(r"\||[^\s|]+", row):
            if match[0] == "|":
                bars.append([])
            else:
                bars[-1].append(_Token(match[0], line, match.start() + 1))
    return [bar for bar in bars if bar]


def _place_chords(
    tokens: Sequence[_Token], length: int, meter: Meter, name: str
) -> Iterator[tuple[float | int, Chord | str | None]]:
    """Yield the place of each chord in its bar, in beats from 0, and the chord."""
    placed = [_AT.fullmatch(token.text) for token in tokens]
    if not any(placed):
        if length % len(tokens):
            first = tokens[0]
            raise SamuelError(
                f"{name}, line {first.line}, column {first.column}: {len(tokens)} chords do not "
                f"share a bar of {length} beats ({meter}); write one on each beat, with "
                f"{HOLD} to hold"
            )
        step = length // len(tokens)
        for number, token in enumerate(tokens):
            if token.text != HOLD:
                yield number * step, _parse_token(token.text, token, name)
        return
    last = -1.0
    for number, (token, match) in enumerate(zip(tokens, placed, strict=True)):
        place = float(match[2]) - 1 if match else 0.0
        if (match is None and number) or not last < place < length:
            raise SamuelError(
                f"{name}, line {token.line}, column {token.column}: {token.text} has no place in "
                f"this bar; write CHORD@BEAT with rising beats from 1 to below {length + 1}"
            )
        last = place
        text = match[1] if match else token.text
        if text != HOLD:
            yield place, _parse_token(text, token, name)


def _parse_token(text: str, token: _Token, name: str) -> Chord | str | None:
    if text == OPEN:
        return OPEN
    try:
        return parse_chord(text)
    except SamuelError as error:
        raise SamuelError(f"{name}, line {token.line}, column {token.column}: {error}") from None


def _format_bar(sheet: LeadSheet, start: int, length: int, spelling: tuple[str, ...] | None) -> str:
    inner = [
        (each.beat - start, each.chord)
        for each in sheet.chords
        if start < each.beat < start + length
    ]
    first = sheet.chords and sheet.chords[0].beat <= start
    chords = {0.0: _format_chord(sheet.chord_at(start), spelling) if first else HOLD}
    chords |= {float(place): _format_chord(chord, spelling) for place, chord in inner}
    if any(place % 1 for place in chords):
        rest = [f"{chord}@{place + 1:g}" for place, chord in chords.items() if place]
        return " ".join([chords[0.0], *rest])
    count = next(
        count
        for count in range(1, length + 1)
        if length % count == 0 and all(place % (length // count) == 0 for place in chords)
    )
    step = length // count
    return " ".join(chords.get(float(number * step), HOLD) for number in range(count))


def _format_chord(chord: Chord | None, spelling: tuple[str, ...] | None) -> str:
    return NO_CHORD if chord is None else chord.format(spelling)
