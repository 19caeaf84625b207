"""The beats of a sheet where they are given: corrected, and continued over the whole recording."""

from dataclasses import replace

from samuel_gen.errors import SamuelError
from samuel_gen.estimation.given import GivenSheet
from samuel_gen.lead_sheet.beat_list import BeatList
from samuel_gen.lead_sheet.counting import (
    count_from,
    count_steadily,
    cover,
    double_time,
    first_downbeat,
    half_time,
)
from samuel_gen.lead_sheet.meter import FOUR_FOUR
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet

_NEAR = 0.1  # seconds between a time that is named and the beat that is meant


def correct_sheet(given: GivenSheet, seconds: float | int) -> LeadSheet:
    """Return the given lead sheet with the corrections that are given beside it.

    Args:
        given: the given parts, among them a sheet.
        seconds: the length of the recording.

    Raises:
        SamuelError: the sheet begins after the end of the recording, or a correction does not fit.
    """
    sheet = given.sheet
    assert sheet is not None
    if given.beats is not None:
        sheet = _replace_beats(sheet, given.beats, seconds)
    if given.meter is not None and given.meter != sheet.meter:
        sheet = count_from(sheet, first_downbeat(sheet), given.meter)
    if given.tempo is not None:
        sheet = count_steadily(sheet, given.tempo)
    if given.tempo_factor != 1:
        sheet = double_time(sheet) if given.tempo_factor > 1 else half_time(sheet)
    if given.bar_1_at is not None:
        if given.beats is not None:
            sheet = count_from(sheet, _find_beat(sheet, given.bar_1_at))
        else:
            sheet = sheet.shift(given.bar_1_at - sheet.time_at(first_downbeat(sheet)))
    if sheet.beats[0] >= seconds:
        raise SamuelError(
            f"the lead sheet begins at {sheet.beats[0]:.2f} s, but the recording ends at "
            f"{seconds:.2f} s; move its beats, or give --bar-1-at"
        )
    return replace(sheet, key=given.key, style=given.style)


def place_beats(given: GivenSheet, seconds: float | int) -> LeadSheet | None:
    """Return a sheet of the given beats over the whole recording; None if bar 1 is not given.

    Args:
        given: the given parts, among them beats and no sheet.
        seconds: the length of the recording.

    Raises:
        SamuelError: all beats lie after the end of the recording, or none is where bar 1 is.
    """
    beats = given.beats
    assert beats is not None
    if beats.downbeat is None and given.bar_1_at is None:
        return None
    sheet = LeadSheet(_cut(beats, seconds), meter=given.meter or FOUR_FOUR)
    sheet = count_from(sheet, beats.downbeat or 0)
    if given.bar_1_at is not None:
        sheet = count_from(sheet, _find_beat(sheet, given.bar_1_at))
    return cover(sheet, seconds)


def cover_times(beats: BeatList, seconds: float | int) -> tuple[float | int, ...]:
    """Return the times of beats, continued over the whole recording."""
    return cover(LeadSheet(_cut(beats, seconds)), seconds).beats


def _cut(beats: BeatList, seconds: float | int) -> tuple[float | int, ...]:
    """Return the times up to the first one after the end of the recording."""
    if beats.times[0] >= seconds:
        raise SamuelError(
            f"{beats.name}: the first beat is at {beats.times[0]:.2f} s, but the recording ends at "
            f"{seconds:.2f} s; they belong to another recording"
        )
    inside = sum(time < seconds for time in beats.times)
    return beats.times[: max(2, inside + 1)]


def _replace_beats(sheet: LeadSheet, beats: BeatList, seconds: float | int) -> LeadSheet:
    """Give a sheet other beats; its chords keep their places from bar 1 on."""
    plain = LeadSheet(_cut(beats, seconds), meter=sheet.meter)
    downbeat = first_downbeat(sheet) if beats.downbeat is None else beats.downbeat
    placed = cover(count_from(plain, downbeat), seconds)
    shift = placed.beats.index(plain.beats[0]) + downbeat - first_downbeat(sheet)
    changes = [ChordChange(each.beat + shift, each.chord) for each in sheet.chords]
    inside = [each for each in changes if 0 <= each.beat < len(placed.beats)]
    early = [each for each in changes if each.beat < 0]
    if early and (not inside or inside[0].beat > 0):
        inside.insert(0, ChordChange(0, early[-1].chord))
    return replace(placed, chords=tuple(inside))


def _find_beat(sheet: LeadSheet, seconds: float | int) -> int:
    """Find the number of the beat at a time."""
    nearest = min(range(len(sheet.beats)), key=lambda beat: abs(sheet.beats[beat] - seconds))
    if abs(sheet.beats[nearest] - seconds) > _NEAR:
        raise SamuelError(
            f"bar 1 at {seconds:g} s: no beat is there, the nearest is at "
            f"{sheet.beats[nearest]:.2f} s; name the time of a beat"
        )
    return nearest
