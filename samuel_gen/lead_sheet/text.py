"""`lead_sheet.txt`: a header and a chord chart, written for people and read back exactly."""

from pathlib import Path

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chart import Chart, format_chart, parse_chart
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.meter import FOUR_FOUR, parse_meter
from samuel_gen.lead_sheet.sheet import RESOLUTION, LeadSheet, steady_beats

_HEADER = ("key", "meter", "tempo", "bar 1 at", "pickup", "length", "style")


def format_lead_sheet(sheet: LeadSheet) -> str:
    """Write a lead sheet as text.

    The beats are a tempo where they are steady; otherwise they are listed, a bar on a line.
    """
    bar = sheet.meter.beats_per_bar
    pickup = (1 - sheet.first_position) % bar
    tempo = _find_steady_tempo(sheet)
    whole = (len(sheet.beats) - pickup) % bar == 0 and bool(sheet.chords)
    header = {
        "key": str(sheet.key) if sheet.key else None,
        "meter": str(sheet.meter),
        "tempo": f"{tempo}".removesuffix(".0") if tempo else _describe_drift(sheet),
        "bar 1 at": f"{_bar_1(sheet, pickup):.{RESOLUTION}f} s" if tempo else None,
        "pickup": f"{pickup} beats" if pickup else None,
        "length": None if whole or not tempo else f"{len(sheet.beats)} beats",
        "style": sheet.style,
    }
    text = "".join(f"{name}: {value}\n" for name, value in header.items() if value)
    if sheet.chords:
        text += f"\n{format_chart(sheet)}\n"
    if not tempo:
        starts = [0] * bool(pickup) + list(range(pickup, len(sheet.beats), bar))
        stops = [*starts[1:], len(sheet.beats)]
        rows = [
            " ".join(f"{beat:.{RESOLUTION}f}" for beat in sheet.beats[start:stop])
            for start, stop in zip(starts, stops, strict=True)
        ]
        text += "\nbeats:\n" + "\n".join(rows) + "\n"
    return text


def parse_lead_sheet(text: str, name: str = "lead sheet") -> LeadSheet:
    """Parse the text of a lead sheet.

    Args:
        text: the text, as `format_lead_sheet` writes it or as a person edited it.
        name: the name of the text in errors, for example its path.

    Raises:
        SamuelError: something cannot be read; the message has its line.
    """
    header, chart_text, chart_line, beat_text = _split_sections(text, name)
    try:
        meter = parse_meter(header["meter"][1]) if "meter" in header else FOUR_FOUR
        key = parse_key(header["key"][1]) if "key" in header else None
    except SamuelError as error:
        raise SamuelError(f"{name}: {error}") from None
    pickup = int(_number(header, "pickup", 0, name, "beats"))
    if not 0 <= pickup < meter.beats_per_bar:
        raise SamuelError(f"{name}: a pickup of {pickup} beats does not fit {meter}")
    chart = parse_chart(chart_text, meter, pickup, name, chart_line) if chart_text.strip() else None
    beats = _read_beats(header, beat_text, chart, pickup, name)
    style = header["style"][1] if "style" in header else None
    changes = chart.changes if chart else ()
    try:
        return LeadSheet(
            beats=beats,
            first_position=(-pickup) % meter.beats_per_bar + 1,
            meter=meter,
            chords=tuple(each for each in changes if each.beat < len(beats)),
            key=key,
            style=style,
        )
    except SamuelError as error:
        raise SamuelError(f"{name}: {error}") from None


def read_lead_sheet(path: Path) -> LeadSheet:
    """Read a lead sheet from a text file.

    Raises:
        SamuelError: the file is missing, is no text, or cannot be read as a lead sheet.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise SamuelError(f"{path}: {reason}; name a lead sheet") from None
    return parse_lead_sheet(text, str(path))


def _split_sections(
    text: str, name: str
) -> tuple[dict[str, tuple[int, str]], str, int, list[tuple[int, str]]]:
    """Split a text into header (line and value by name), chart (text, first line) and beats."""
    header: dict[str, tuple[int, str]] = {}
    chart: list[str] = []
    chart_line = 1
    beats: list[tuple[int, str]] = []
    in_beats = False
    for number, row in enumerate(text.splitlines(), 1):
        line = row.strip()
        if not line or line.startswith("# "):
            if chart:
                chart.append("")
        elif in_beats:
            beats.append((number, line))
        elif line.lower() == "beats:":
            in_beats = True
        elif ":" in line and line.split(":")[0].strip().lower() in _HEADER and not chart:
            key, _, value = line.partition(":")
            header[key.strip().lower()] = (number, value.strip())
        elif line.startswith("|") or chart:
            if not chart:
                chart_line = number
            chart.append(row)
        else:
            raise SamuelError(
                f"{name}, line {number}: {line!r} is neither a header ({', '.join(_HEADER)}) nor "
                "a chart; a chart begins with |"
            )
    return header, "\n".join(chart), chart_line, beats


def _read_beats(
    header: dict[str, tuple[int, str]],
    listed: list[tuple[int, str]],
    chart: Chart | None,
    pickup: int,
    name: str,
) -> tuple[float | int, ...]:
    if listed:
        beats = []
        for number, line in listed:
            for word in line.split():
                try:
                    beats.append(float(word))
                except ValueError:
                    raise SamuelError(
                        f"{name}, line {number}: {word!r} is not a time in seconds"
                    ) from None
        return tuple(beats)
    if "tempo" not in header:
        raise SamuelError(f"{name}: no tempo; add a line such as tempo: 92")
    tempo = _number(header, "tempo", 0, name, "")
    bar_1 = _number(header, "bar 1 at", 0, name, "s")
    length = int(_number(header, "length", chart.beats if chart else 0, name, "beats"))
    if length < 2:
        raise SamuelError(f"{name}: no chart and no length; add a line such as length: 64 beats")
    start = bar_1 - pickup * 60 / tempo if tempo else 0.0
    try:
        beats_ = steady_beats(tempo, start, start + (length - 0.5) * 60 / max(tempo, 1e-9))
    except SamuelError as error:
        raise SamuelError(f"{name}: {error}") from None
    return beats_


def _number(
    header: dict[str, tuple[int, str]], key: str, default: float | int, name: str, unit: str
) -> float | int:
    if key not in header:
        return default
    number, text = header[key]
    try:
        return float(text.removesuffix(unit).strip() if unit else text)
    except ValueError:
        raise SamuelError(f"{name}, line {number}: {key}: {text!r} is not a number") from None


def _describe_drift(sheet: LeadSheet) -> str:
    return f"as listed below (about {sheet.tempo:.0f})"


def _bar_1(sheet: LeadSheet, pickup: int) -> float:
    """The time of the first downbeat; it may lie after a short sheet's last beat."""
    return round(sheet.time_at(pickup), RESOLUTION)


def _find_steady_tempo(sheet: LeadSheet) -> float | None:
    """Find the tempo with the fewest decimals that gives exactly the sheet's beats."""
    bar = sheet.meter.beats_per_bar
    pickup = (1 - sheet.first_position) % bar
    count = len(sheet.beats)
    for decimals in range(5):
        tempo = round(sheet.tempo, decimals)
        if tempo < 30 or tempo > 300:
            return None
        start = _bar_1(sheet, pickup) - pickup * 60 / tempo
        if steady_beats(tempo, start, start + (count - 0.5) * 60 / tempo) == sheet.beats:
            return tempo
    return None
