"""The text of a lead sheet, of which any part may be missing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chart import OPEN, Chart, Span, parse_chart
from samuel_gen.lead_sheet.key import Key, parse_key
from samuel_gen.lead_sheet.meter import FOUR_FOUR, Meter, parse_meter
from samuel_gen.lead_sheet.sheet import FASTEST, SLOWEST, LeadSheet, steady_beats

HEADER = ("key", "meter", "tempo", "bar 1 at", "pickup", "length", "style")
_Value = TypeVar("_Value")
_UNITS = {"bar 1 at": r"s", "pickup": r"beats?", "length": r"beats?", "tempo": r"bpm"}


@dataclass(frozen=True)
class Entry:
    """A piece of a text, with its line and its column from 1."""

    text: str
    line: int
    column: int


@dataclass(frozen=True)
class SheetDraft:
    """The parts of a lead sheet as a text has them.

    Attributes:
        name: the name of the text in errors.
        header: the values of the header by their names, which HEADER lists.
        chart_text: the chart; empty if there is none.
        chart_line: the number of its first line.
        times: the beats that are listed.
    """

    name: str
    header: dict[str, Entry]
    chart_text: str
    chart_line: int
    times: tuple[Entry, ...]

    @property
    def has_beats(self) -> bool:
        """True if the text says where each beat is."""
        return bool(self.times) or {"tempo", "bar 1 at"} <= self.header.keys()

    @property
    def meter(self) -> Meter | None:
        """The meter; None if the text has none."""
        return self._parse("meter", parse_meter)

    @property
    def key(self) -> Key | None:
        """The key; None if the text has none."""
        return self._parse("key", parse_key)

    @property
    def tempo(self) -> float | None:
        """The tempo; None if the text has none."""
        return self._number("tempo", SLOWEST, FASTEST) if "tempo" in self.header else None

    @property
    def bar_1_at(self) -> float | None:
        """The time of the first downbeat in seconds; None if the text has none."""
        return self._number("bar 1 at") if "bar 1 at" in self.header else None

    @property
    def style(self) -> str | None:
        """The style, which need not be one of STYLES; None if the text has none."""
        return self.header["style"].text if "style" in self.header else None

    def fail(self, name: str, reason: str) -> NoReturn:
        """Refuse the value of a header line."""
        entry = self.header[name]
        raise SamuelError(f"{self.name}, line {entry.line}, column {entry.column}: {reason}")

    def parse_chart(self, meter: Meter, pickup: int = 0) -> Chart | None:
        """Parse the chart; None if the text has none.

        Raises:
            SamuelError: a chord is none, or a bar does not fit the meter; with line and column.
        """
        if not self.chart_text.strip():
            return None
        return parse_chart(self.chart_text, meter, pickup, self.name, self.chart_line)

    def complete(self) -> LeadSheet:
        """Return the lead sheet; bar 1 is at 0 s if the text has a tempo only.

        Raises:
            SamuelError: the text does not say where the beats are, leaves chords to be found, or
                something does not fit.
        """
        sheet, spans = self.complete_beats()
        if spans:
            raise SamuelError(
                f"{self.name}: {OPEN} leaves a chord to be found; read it with samuel-generate or "
                "estimate_lead_sheet"
            )
        return sheet

    def complete_beats(self) -> tuple[LeadSheet, tuple[Span, ...]]:
        """Return the lead sheet, and the spans in beats whose chord is to be found.

        Raises:
            SamuelError: the text does not say where the beats are, or something does not fit.
        """
        meter = self.meter or FOUR_FOUR
        pickup = self._count("pickup", 0)
        if pickup >= meter.beats_per_bar:
            self.fail("pickup", f"a pickup of {pickup} beats does not fit {meter}")
        chart = self.parse_chart(meter, pickup)
        spans = chart.open if chart else ()
        changes = chart.changes if chart else ()
        beats = self._list_beats() or self._space_beats(chart, pickup)
        try:
            sheet = LeadSheet(
                beats=beats,
                first_position=(-pickup) % meter.beats_per_bar + 1,
                meter=meter,
                chords=tuple(each for each in changes if each.beat < len(beats)),
                key=self.key,
                style=self.style,
            )
        except SamuelError as error:
            raise SamuelError(f"{self.name}: {error}") from None
        end = len(beats)
        return sheet, tuple((start, min(stop, end)) for start, stop in spans if start < end)

    def _list_beats(self) -> tuple[float, ...]:
        """Return the times of the listed beats."""
        beats: list[float] = []
        for entry in self.times:
            place = f"{self.name}, line {entry.line}, column {entry.column}"
            try:
                beats.append(float(entry.text))
            except ValueError:
                raise SamuelError(f"{place}: {entry.text!r} is not a time in seconds") from None
            if len(beats) > 1 and not beats[-2] < beats[-1]:
                raise SamuelError(
                    f"{place}: beat {len(beats)} at {beats[-1]:g} s is not after beat "
                    f"{len(beats) - 1} at {beats[-2]:g} s; beats must rise"
                )
        return tuple(beats)

    def _space_beats(self, chart: Chart | None, pickup: int) -> tuple[float | int, ...]:
        """Return the beats of a steady tempo."""
        tempo = self.tempo
        if tempo is None:
            raise SamuelError(f"{self.name}: no tempo; add a line such as tempo: 92")
        length = self._count("length", chart.beats if chart else 0)
        if length < 2:
            raise SamuelError(
                f"{self.name}: no chart and no length; add a line such as length: 64 beats"
            )
        start = (self.bar_1_at or 0.0) - pickup * 60 / tempo
        return steady_beats(tempo, start, start + (length - 0.5) * 60 / tempo)

    def _parse(self, name: str, parse: Callable[[str], _Value]) -> _Value | None:
        if name not in self.header:
            return None
        try:
            return parse(self.header[name].text)
        except SamuelError as error:
            self.fail(name, str(error))

    def _number(self, name: str, lowest: float | int = -1e6, highest: float | int = 1e6) -> float:
        text = self.header[name].text
        try:
            value = float(re.sub(rf"\s*{_UNITS[name]}$", "", text, flags=re.IGNORECASE))
        except ValueError:
            self.fail(name, f"{name}: {text!r} is not a number")
        if not lowest <= value <= highest:
            self.fail(name, f"{name} {text}: choose {lowest:g} to {highest:g}")
        return value

    def _count(self, name: str, default: int) -> int:
        if name not in self.header:
            return default
        value = self._number(name, 0, 1_000_000)
        if value % 1:
            self.fail(name, f"{name}: {value:g} is not a whole number of beats")
        return int(value)


def read_draft(text: str, name: str = "lead sheet") -> SheetDraft:
    """Split a text into header, chart and beats.

    Args:
        text: the text, as `format_lead_sheet` writes it or as a person edited it.
        name: the name of the text in errors, for example its path.

    Raises:
        SamuelError: a line is neither header nor chart; with its number.
    """
    header: dict[str, Entry] = {}
    chart: list[str] = []
    chart_line = 1
    times: list[Entry] | None = None
    for number, row in enumerate(text.splitlines(), 1):
        line = row.strip()
        if not line or line.startswith("# "):
            chart += [""] * bool(chart)
        elif times is not None:
            times += _split_words(row, number)
        elif line.lower() == "beats:":
            times = []
        elif not chart and (entry := _find_entry(row, number)):
            header[row.partition(":")[0].strip().lower()] = entry
        elif line.startswith("|") or chart:
            chart_line = chart_line if chart else number
            chart.append(row)
        else:
            column = len(row) - len(row.lstrip()) + 1
            raise SamuelError(
                f"{name}, line {number}, column {column}: {line!r} is neither a header "
                f"({', '.join(HEADER)}) nor a chart; a chart begins with |"
            )
    return SheetDraft(name, header, "\n".join(chart), chart_line, tuple(times or ()))


def _find_entry(row: str, line: int) -> Entry | None:
    """Return the value of a header line; None if the line is no header."""
    key, colon, value = row.partition(":")
    if not colon or key.strip().lower() not in HEADER:
        return None
    lead = len(value) - len(value.lstrip())
    return Entry(value.strip(), line, len(key) + 1 + lead + 1)


def _split_words(row: str, line: int) -> list[Entry]:
    words, column = [], 0
    for word in row.split():
        column = row.index(word, column)
        words.append(Entry(word, line, column + 1))
        column += len(word)
    return words
