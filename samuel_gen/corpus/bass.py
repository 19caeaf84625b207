"""The bassist: roots and fifths, approach notes, walking lines."""

import numpy as np

from samuel_gen.corpus.musician import Musician, Seat, hits_of, nearest, played_bars
from samuel_gen.corpus.plan import Plan, TimedChord
from samuel_gen.corpus.styles.style import Part
from samuel_gen.corpus.theory import scale_over


def _approach(root: int, previous: int, scale: frozenset[int], rng: np.random.Generator) -> int:
    """The note before a root: a scale step or a semitone, from the side that one comes from."""
    side = 1 if previous > root else -1
    if rng.random() < 0.4:
        return root + side
    return next(root + side * step for step in (1, 2, 3) if (root + side * step) % 12 in scale)


def play_bass(plan: Plan, rng: np.random.Generator) -> Seat:
    """The bass line."""
    part = plan.style.bass
    musician = Musician(plan, part, rng)
    steps = plan.style.meter.steps
    previous = part.low + 8
    for bar, pattern in played_bars(plan, part, musician):
        for hit in hits_of(pattern, bar, steps):
            timed = plan.chord_at(hit.step)
            chord = timed.chord
            root = nearest(
                chord.root, previous if hit.char == "R" else part.low + 8, part.low, part.high
            )
            tones = chord.pitch_classes
            following = plan.chord_at(timed.stop)
            target = nearest(following.chord.root, previous, part.low, part.high)
            if hit.char == "R":
                pitch = root
            elif hit.char == "8":
                pitch = root + 12 if root + 12 <= part.high + 5 else root
            elif hit.char == "5":
                fifth = tones[2] if len(tones) > 2 else chord.root
                pitch = nearest(fifth, previous, part.low, part.high)
            elif hit.char == "3":
                pitch = nearest(tones[1], previous, part.low, part.high)
            elif hit.char == "a":
                scale = scale_over(chord, plan.tonic, plan.mode)
                pitch = _approach(target, previous, scale, rng)
            else:
                pitch = _walked(timed, hit.step, previous, target, part)
            velocity = 88 + musician.accent(hit.step)
            stop = min(hit.steps, timed.stop - hit.step) if hit.char != "a" else hit.steps
            musician.add(pitch, hit.step, stop, velocity)
            previous = min(max(pitch, part.low), part.high)
    final = plan.bars * steps
    if musician.notes:
        root = plan.chord_at(final).chord.root
        musician.add(nearest(root, previous, part.low, part.high), final, 4 * steps, 88.0)
    return musician.seat("bass", 0.0)


def _walked(timed: TimedChord, step: int, previous: int, target: int, part: Part) -> int:
    """A chord tone on the way to the next root, never the note just played."""
    left = max(timed.stop - step, 1)
    wish = previous + (target - previous) / max(left / 4, 1)
    wish += 3 if target >= previous else -3
    tones = [m for m in range(part.low, part.high + 1) if m % 12 in timed.chord.pitch_classes]
    return min((m for m in tones if m != previous), key=lambda midi: abs(midi - wish))
