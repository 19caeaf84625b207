"""Chord parts: comping, arpeggios, strums and pads, with voice leading."""

import numpy as np

from samuel_gen.corpus.musician import Musician, PlacedPart, assign_patterns, read_hits
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.styles.style import Part
from samuel_gen.corpus.theory import choose_voicing

_GUITARS = range(24, 29)
_STRUM_SECONDS = 0.009
"""The delay from string to string when a guitar strums a chord [s]."""


def play_chords(plan: Plan, role: Part, name: str, rng: np.random.Generator) -> PlacedPart:
    """Write a chord part of a song.

    Args:
        plan: the plan of the song.
        role: the role of the instrument in the style.
        name: the name of the part, such as "chords 1".
        rng: the source of all random choices.
    """
    musician = Musician(plan, role, rng)
    steps = plan.style.meter.steps
    strum = _STRUM_SECONDS if musician.program in _GUITARS else 0.0
    voicings: dict[int, tuple[int, ...]] = {}
    previous: tuple[int, ...] = ()
    for timed in plan.chords:
        previous = choose_voicing(timed.chord, previous, role.low, role.high, role.voices)
        voicings[timed.start] = previous
    for bar, pattern in assign_patterns(plan, role, musician):
        for hit in read_hits(pattern, bar, steps):
            at, stop = hit.step, hit.step + hit.steps
            while at < stop:  # a held chord is struck again where the harmony changes
                timed = plan.chord_at(at)
                until = min(stop, timed.stop)
                if not timed.is_break and (at == hit.step or until - at > 1):
                    _strike(musician, voicings[timed.start], hit.char, at, until - at, strum)
                at = until
    if musician.notes:
        end = plan.bars * steps
        voicing = voicings[plan.chord_at(end).start]
        _strike(musician, voicing, "X", end, 4 * steps, strum)
    return musician.finish(name, 0.0)


def _strike(
    musician: Musician, voicing: tuple[int, ...], char: str, at: int, steps: int, strum: float
) -> None:
    """Add the notes of a voicing that a pattern character asks for (see `styles.style`)."""
    velocity = (92 if char == "X" else 80) + musician.accent(at)
    if char.isdigit():
        octave, voice = divmod(int(char) - 1, len(voicing))
        musician.add(voicing[voice] + 12 * octave, at, max(steps, 2), velocity)
        return
    notes = {"b": voicing[:1], "h": voicing[1:]}.get(char, voicing)
    for i, midi in enumerate(notes):
        musician.add(midi, at, steps, velocity - (8 if char == "h" else 0), strum * i)
