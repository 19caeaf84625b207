"""The harmony of a rendered song: progressions by section, their colours, and breaks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from samuel_gen.corpus.colours import (
    Bars,
    add_passing_chords,
    colour_chord,
    colour_progression,
    hold_bass,
    invert_chords,
    measure_richness,
)
from samuel_gen.corpus.form import Section
from samuel_gen.corpus.styles.style import Style
from samuel_gen.corpus.theory import parse_numeral
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Mode

_PICK = {"verse": 0, "intro": 0, "outro": 0, "chorus": 1, "bridge": 2}
"""The place of each section's progression among those that a song has drawn."""


@dataclass(frozen=True)
class TimedChord:
    """A chord that sounds from step `start` to step `stop`.

    In a break the band is silent, apart from the drums, and the vocal goes on over the chord.
    """

    start: int
    stop: int
    chord: Chord
    is_break: bool = False


def draw_harmony(
    style: Style, tonic: int, mode: Mode, sections: Sequence[Section], rng: np.random.Generator
) -> tuple[TimedChord, ...]:
    """Draw the chords of all bars, followed by the final tonic chord.

    Args:
        style: the style, which has the progressions.
        tonic: the tonic of the key as a pitch class.
        mode: the mode of the key.
        sections: the form.
        rng: the source of all random choices.
    """
    pool = [_parse_progression(text, tonic) for text in getattr(style, mode)]
    richness = measure_richness(pool)
    share = float(rng.choice([0.0, 0.12, 0.35], p=[0.3, 0.4, 0.3]))
    picked = [
        _vary(pool[number], tonic, mode, share, richness, rng)
        for number in rng.permutation(len(pool))[:3]
    ]
    has_pedal = rng.random() < 0.1
    has_turnaround = rng.random() < 0.4
    dominant = parse_numeral("V7" if rng.random() < 0.5 else "V", tonic)
    chords: list[TimedChord] = []
    for section in sections:
        progression = picked[_PICK[section.name] % len(picked)]
        if has_pedal and section.name in ("intro", "outro"):
            progression = hold_bass(progression, tonic)
        bars = [progression[bar % len(progression)] for bar in range(section.bars)]
        if has_turnaround and section.bars >= 8:
            bars[-1] = (bars[-1][0], dominant)
        chords += _lay_out(bars, section.first_bar, style)
    final = parse_numeral("I" if mode == "major" else "i", tonic)
    if share and rng.random() < 0.3:
        final = colour_chord(final, tonic, mode, richness, rng)
    chords = _draw_breaks(chords, sections, style, rng)
    last = chords[-1].stop
    return (*chords, TimedChord(last, last + style.meter.steps, final))


@cache
def _parse_progression(text: str, tonic: int) -> Bars:
    return tuple(
        tuple(parse_numeral(numeral, tonic) for numeral in bar.split(",")) for bar in text.split()
    )


def _vary(
    bars: Bars, tonic: int, mode: str, share: float, richness: float, rng: np.random.Generator
) -> Bars:
    """Give a progression colours, passing chords and inversions."""
    bars = colour_progression(bars, tonic, mode, share, richness, rng)
    bars = add_passing_chords(bars, share, rng)
    return invert_chords(bars, 0.3 if rng.random() < 0.4 else 0.0, rng)


def _lay_out(bars: Sequence[tuple[Chord, ...]], first_bar: int, style: Style) -> list[TimedChord]:
    """Put the chords of bars on beats."""
    steps, beats, per_beat = style.meter.steps, style.meter.beats, style.meter.steps_per_beat
    chords = []
    for number, bar in enumerate(bars, first_bar):
        edges = [round(i * beats / len(bar)) * per_beat for i in range(len(bar) + 1)]
        for chord, start, stop in zip(bar, edges, edges[1:], strict=False):
            chords.append(TimedChord(number * steps + start, number * steps + stop, chord))
    return chords


def _draw_breaks(
    chords: list[TimedChord], sections: Sequence[Section], style: Style, rng: np.random.Generator
) -> list[TimedChord]:
    """Let the band pause in the last bar of some sections, in one song of five."""
    if rng.random() >= 0.2:
        return chords
    steps = style.meter.steps
    first = int(rng.choice([0, style.meter.steps_per_beat]))  # the whole bar, or all but a beat
    for section in sections[:-1]:
        if section.name != "intro" and rng.random() < 0.6:
            stop = (section.first_bar + section.bars) * steps
            chords = _pause(chords, stop - steps + first, stop)
    return chords


def _pause(chords: Sequence[TimedChord], start: int, stop: int) -> list[TimedChord]:
    """Return the chords with a break from step `start` to step `stop`."""
    paused: list[TimedChord] = []
    for timed in chords:
        if timed.start < start < timed.stop:
            paused.append(replace(timed, stop=start))
            timed = replace(timed, start=start)
        paused.append(replace(timed, is_break=start <= timed.start < stop or timed.is_break))
    return paused
