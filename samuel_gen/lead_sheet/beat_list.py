"""Beats from a file: one time per line, labels of Audacity, or a MIDI file's tempo map."""

import re
from dataclasses import dataclass
from pathlib import Path

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.text import read_text

_MIDI_SUFFIXES = (".mid", ".midi", ".smf")
_LABEL = re.compile(r"(?:\d+[.:])?(\d+)")
_LONGEST_BAR = 12  # beats


@dataclass(frozen=True)
class BeatList:
    """Beats, and as much of their places in the bar as is known.

    Attributes:
        times: the times in seconds, rising.
        downbeat: the number of a beat that begins a bar, from 0; None if that is not known.
        beats_per_bar: the number of beats in a bar; None if that is not known.
        meter: the meter; None if it is not known.
        name: the name of the file in errors.
    """

    times: tuple[float | int, ...]
    downbeat: int | None = None
    beats_per_bar: int | None = None
    meter: Meter | None = None
    name: str = "beats"


def read_beats(path: Path, seconds: float | int = 0) -> BeatList:
    """Read beats from a file.

    A line is a time in seconds; a time and a place in the bar; or a label as Audacity exports it:
    start, end and text, divided by tabs. A text such as `1`, `2.1` or `2:1` ends with the place in
    the bar; any other text is ignored, and so are numbers that count on through the song.

    Args:
        path: a text file or a MIDI file.
        seconds: the time until which a tempo map's last tempo goes on after the file's end.

    Raises:
        SamuelError: the file cannot be read; a line has no time; the beats do not rise; the places
            in the bar contradict each other; or a MIDI file has no tempo.
    """
    if path.suffix.lower() in _MIDI_SUFFIXES:
        from samuel_gen.lead_sheet.midi import read_tempo_map

        sheet = read_tempo_map(path, seconds)
        bar = sheet.meter.beats_per_bar
        return BeatList(
            sheet.beats, (1 - sheet.first_position) % bar, bar, sheet.meter, name=str(path)
        )
    return parse_beats(read_text(path, "a file with one time per line, or a MIDI file"), str(path))


def parse_beats(text: str, name: str = "beats") -> BeatList:
    """Parse the text of `read_beats`.

    Args:
        text: the lines.
        name: the name of the file in errors.

    Raises:
        SamuelError: as `read_beats` does, with the line.
    """
    times: list[float] = []
    places: list[int | None] = []
    lines: list[int] = []
    for number, row in enumerate(text.splitlines(), 1):
        words = [word.strip() for word in re.split(r"[\t ,;]+", row.strip(), maxsplit=2)]
        if not words[0] or words[0].startswith("#") or words[0] == "\\":
            continue  # Audacity writes the frequencies of a label on a line that begins with \
        try:
            times.append(float(words[0]))
        except ValueError:
            raise SamuelError(
                f"{name}, line {number}: {words[0]!r} is not a time in seconds"
            ) from None
        if len(times) > 1 and not times[-2] < times[-1]:
            raise SamuelError(
                f"{name}, line {number}: the beat at {times[-1]:g} s is not after the one at "
                f"{times[-2]:g} s; beats must rise"
            )
        label = words[2] if len(words) == 3 else words[1] if len(words) == 2 else ""
        match = _LABEL.fullmatch(label) if len(words) == 3 or "." not in label else None
        places.append(int(match[1]) if match else None)
        lines.append(number)
    if len(times) < 2:
        raise SamuelError(f"{name}: {len(times)} beats; list at least two, one time per line")
    return _place(times, places, lines, name)


def _place(times: list[float], places: list[int | None], lines: list[int], name: str) -> BeatList:
    """Find the downbeats and the length of the bar that the labels name."""
    known = {beat: place for beat, place in enumerate(places) if place is not None}
    if not known or max(known.values()) > _LONGEST_BAR or min(known.values()) < 1:
        return BeatList(tuple(times), name=name)
    downbeats = [beat for beat, place in known.items() if place == 1]
    bar = downbeats[1] - downbeats[0] if len(downbeats) > 1 else None
    if bar is None:
        at, place = next(iter(known.items()))
        return BeatList(tuple(times), downbeats[0] if downbeats else at - place + 1, name=name)
    for beat, place in known.items():
        expected = (beat - downbeats[0]) % bar + 1
        if place != expected:
            raise SamuelError(
                f"{name}, line {lines[beat]}: place {place} in the bar, but the first bars have "
                f"{bar} beats, so that this is place {expected}; every bar needs as many"
            )
    return BeatList(tuple(times), downbeats[0], bar, name=name)
