"""`lead_sheet.txt`: a header and a chord chart, written for people and read back exactly."""

from pathlib import Path

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chart import format_chart
from samuel_gen.lead_sheet.draft import read_draft
from samuel_gen.lead_sheet.sheet import RESOLUTION, LeadSheet


def format_lead_sheet(sheet: LeadSheet) -> str:
    """Write a lead sheet as text.

    The beats are a tempo where they are steady; otherwise they are listed, a bar on a line.
    """
    bar = sheet.meter.beats_per_bar
    pickup = (1 - sheet.first_position) % bar
    tempo = sheet.steady_tempo
    whole = (len(sheet.beats) - pickup) % bar == 0 and bool(sheet.chords)
    header = {
        "key": str(sheet.key) if sheet.key else None,
        "meter": str(sheet.meter),
        "tempo": f"{tempo}".removesuffix(".0") if tempo else _describe_drift(sheet),
        "bar 1 at": f"{sheet.bar_1:.{RESOLUTION}f} s" if tempo else None,
        "pickup": _count_beats(pickup) if pickup else None,
        "length": None if whole or not tempo else _count_beats(len(sheet.beats)),
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
        SamuelError: something cannot be read; the message has its line and column.
    """
    return read_draft(text, name).complete()


def read_lead_sheet(path: Path) -> LeadSheet:
    """Read a lead sheet from a text file.

    Raises:
        SamuelError: the file is missing, is no text, or cannot be read as a lead sheet.
    """
    return parse_lead_sheet(read_text(path, "a lead sheet"), str(path))


def read_text(path: Path, what: str) -> str:
    """Read a text file in UTF-8.

    Args:
        path: the file.
        what: the kind of file that is expected, for the error.

    Raises:
        SamuelError: the file is missing or is no text.
    """
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise SamuelError(f"{path}: {reason}; name {what}") from None


def _count_beats(count: int) -> str:
    return "1 beat" if count == 1 else f"{count} beats"


def _describe_drift(sheet: LeadSheet) -> str:
    return f"as listed below (about {sheet.tempo:.0f})"
