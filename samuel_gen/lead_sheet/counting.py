"""Other ways to count the same song: twice or half as fast, other bars, a steady tempo."""

from dataclasses import replace

import numpy as np

from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import RESOLUTION, ChordChange, LeadSheet, steady_beats

_SNAP = 0.003  # seconds
_TEMPO_DECIMALS = 4


def first_downbeat(sheet: LeadSheet) -> int:
    """The number of the first beat that begins a bar, from 0; it may lie after a short sheet."""
    return (1 - sheet.first_position) % sheet.meter.beats_per_bar


def double_time(sheet: LeadSheet) -> LeadSheet:
    """Count twice as fast: a beat between every two, the first downbeat and all chords in place."""
    count = 2 * len(sheet.beats) - 1
    downbeat = 2 * first_downbeat(sheet)
    return replace(
        sheet,
        beats=tuple(sheet.time_at(beat / 2) for beat in range(count)),
        first_position=-downbeat % sheet.meter.beats_per_bar + 1,
        chords=tuple(ChordChange(2 * each.beat, each.chord) for each in sheet.chords),
    )


def half_time(sheet: LeadSheet) -> LeadSheet:
    """Count half as fast: every other beat, the first downbeat and all chords in place."""
    downbeat = first_downbeat(sheet)
    odd = downbeat % 2
    beats = [sheet.time_at(beat) for beat in range(odd, max(len(sheet.beats), odd + 3), 2)]
    chords = [
        ChordChange(max(0.0, (each.beat - odd) / 2), each.chord)
        for number, each in enumerate(sheet.chords)
        if number == len(sheet.chords) - 1 or sheet.chords[number + 1].beat > odd
    ]
    return replace(
        sheet,
        beats=tuple(beats),
        first_position=-(downbeat // 2) % sheet.meter.beats_per_bar + 1,
        chords=tuple(chords),
    )


def count_from(sheet: LeadSheet, downbeat: int, meter: Meter | None = None) -> LeadSheet:
    """Let a bar begin on a beat; beats and chords keep their times.

    Args:
        sheet: the lead sheet.
        downbeat: the number of the beat, from 0.
        meter: the meter; None keeps the sheet's.
    """
    meter = meter or sheet.meter
    return replace(sheet, first_position=-downbeat % meter.beats_per_bar + 1, meter=meter)


def count_steadily(sheet: LeadSheet, tempo: float | int) -> LeadSheet:
    """Give the sheet a steady tempo; the first downbeat stays, chords keep their beats.

    Raises:
        SamuelError: the tempo is outside 30 to 300.
    """
    anchor = first_downbeat(sheet)
    start = sheet.time_at(anchor) - anchor * 60 / tempo
    stop = start + (len(sheet.beats) - 0.5) * 60 / tempo
    return replace(sheet, beats=steady_beats(tempo, start, stop))


def cover(sheet: LeadSheet, seconds: float | int) -> LeadSheet:
    """Continue the beats of a sheet without chords at both ends, at its first and last tempo.

    Args:
        sheet: the lead sheet.
        seconds: the time to cover from 0 on. The first beat is then less than a beat after 0, and
            the last beat reaches the time.
    """
    span = min(sheet.meter.beats_per_bar, len(sheet.beats) - 1)
    period = (sheet.beats[span] - sheet.beats[0]) / span
    more = max(0, int(np.floor(sheet.beats[0] / period + 1e-6)))
    before = tuple(max(0.0, sheet.beats[0] - period * (more - at)) for at in range(more))
    position = (sheet.first_position - 1 - more) % sheet.meter.beats_per_bar + 1
    return replace(sheet, beats=before + sheet.beats, first_position=position).extend(seconds)


def cut_start(sheet: LeadSheet) -> LeadSheet:
    """Leave out the beats before 0 s, unless fewer than two are after it."""
    early = sum(beat < 0 for beat in sheet.beats)
    if early == 0 or len(sheet.beats) - early < 2:
        return sheet
    chords = [
        ChordChange(max(0.0, each.beat - early), each.chord)
        for number, each in enumerate(sheet.chords)
        if number == len(sheet.chords) - 1 or sheet.chords[number + 1].beat > early
    ]
    position = (sheet.first_position - 1 + early) % sheet.meter.beats_per_bar + 1
    return replace(sheet, beats=sheet.beats[early:], first_position=position, chords=tuple(chords))


def snap_tempo(sheet: LeadSheet, anchor: float | int | None = None) -> LeadSheet:
    """Give equidistant beats the tempo with the fewest decimals that they have within 3 ms.

    The sheet's text can then say the tempo instead of listing all beats.

    Args:
        sheet: the lead sheet.
        anchor: the time of a beat that is kept to 0.1 ms, in seconds; None moves the beats by as
            little as possible.
    """
    numbers, times = np.arange(len(sheet.beats)), np.array(sheet.beats)
    at = 0 if anchor is None else round(float(sheet.beat_at(np.array([float(anchor)]))[0]))
    downbeat = first_downbeat(sheet)
    for decimals in range(_TEMPO_DECIMALS + 1):
        tempo = round(float(sheet.tempo), decimals)
        period = 60 / tempo
        zero = float((times - period * numbers).mean()) if anchor is None else anchor - period * at
        bar_1 = round(zero + period * downbeat, RESOLUTION)
        start = bar_1 - downbeat * period
        if np.abs(start + period * numbers - times).max() < _SNAP:
            stop = start + (len(numbers) - 0.5) * period
            return replace(sheet, beats=steady_beats(tempo, start, stop))
    return sheet
