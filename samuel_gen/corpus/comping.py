"""Chord parts: comping, arpeggios, strums and pads, voice-led."""

import numpy as np

from samuel_gen.corpus.musician import Musician, Seat, hits_of, played_bars
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.styles.style import Part
from samuel_gen.corpus.theory import voice_led


def play_chords(plan: Plan, part: Part, name: str, rng: np.random.Generator) -> Seat:
    """A comping, arpeggio or pad part, voice-led."""
    musician = Musician(plan, part, rng)
    steps = plan.style.meter.steps
    strums = 0.009 if musician.program in range(24, 29) else 0.0
    voicings: dict[int, tuple[int, ...]] = {}
    previous: tuple[int, ...] = ()
    for timed in plan.chords:
        previous = voice_led(timed.chord, previous, part.low, part.high, part.voices)
        voicings[timed.start] = previous
    for bar, pattern in played_bars(plan, part, musician):
        for hit in hits_of(pattern, bar, steps):
            at, stop = hit.step, hit.step + hit.steps
            while at < stop:
                timed = plan.chord_at(at)
                until = min(stop, timed.stop)
                if at == hit.step or until - at > 1:
                    _strike(musician, voicings[timed.start], hit.char, at, until - at, strums)
                at = until
    if musician.notes:
        final = plan.bars * steps
        voicing = voicings[plan.chord_at(final).start]
        _strike(musician, voicing, "X", final, 4 * steps, strums)
    return musician.seat(name, 0.0)


def _strike(
    musician: Musician, voicing: tuple[int, ...], char: str, at: int, steps: int, strum: float
) -> None:
    velocity = (92 if char == "X" else 80) + musician.accent(at)
    if char.isdigit():
        place = int(char) - 1
        octave, voice = divmod(place, len(voicing))
        musician.add(voicing[voice] + 12 * octave, at, max(steps, 2), velocity)
        return
    notes = {"b": voicing[:1], "h": voicing[1:]}.get(char, voicing)
    for i, midi in enumerate(notes):
        musician.add(midi, at, steps, velocity - (8 if char == "h" else 0), strum * i)
