"""The bass part: roots and fifths, approach notes and walking lines."""

import numpy as np

from samuel_gen.corpus.harmony import TimedChord
from samuel_gen.corpus.musician import (
    Hit,
    Musician,
    PlacedPart,
    assign_patterns,
    nearest_pitch,
    read_hits,
)
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.styles.style import Part
from samuel_gen.corpus.theory import fifth_of, scale_over, third_of


def play_bass(plan: Plan, rng: np.random.Generator) -> PlacedPart:
    """Write the bass part of a song."""
    role = plan.style.bass
    musician = Musician(plan, role, rng)
    steps = plan.style.meter.steps
    previous = role.low + 8
    for bar, pattern in assign_patterns(plan, role, musician):
        for hit in read_hits(pattern, bar, steps):
            timed = plan.chord_at(hit.step)
            if timed.is_break:
                continue
            pitch = _choose_pitch(plan, role, hit, previous, rng)
            velocity = 88 + musician.accent(hit.step)
            length = min(hit.steps, timed.stop - hit.step) if hit.char != "a" else hit.steps
            musician.add(pitch, hit.step, length, velocity)
            previous = min(max(pitch, role.low), role.high)
    end = plan.bars * steps
    if musician.notes:
        low = plan.chord_at(end).chord.bass
        musician.add(nearest_pitch(low, previous, role.low, role.high), end, 4 * steps, 88.0)
    return musician.finish("bass", 0.0)


def _choose_pitch(plan: Plan, role: Part, hit: Hit, previous: int, rng: np.random.Generator) -> int:
    """Choose the pitch of one note from its pattern character (see `styles.style`)."""
    low, high = role.low, role.high
    timed = plan.chord_at(hit.step)
    chord = timed.chord
    if hit.char == "R":
        return nearest_pitch(chord.bass, previous, low, high)
    if hit.char == "8":
        bass = nearest_pitch(chord.bass, low + 8, low, high)
        return bass + 12 if bass + 12 <= high + 5 else bass
    if hit.char == "5":
        return nearest_pitch(fifth_of(chord), previous, low, high)
    if hit.char == "3":
        return nearest_pitch(third_of(chord), previous, low, high)
    target = nearest_pitch(plan.chord_at(timed.stop).chord.bass, previous, low, high)
    if hit.char == "a":
        return _choose_approach(target, previous, scale_over(chord, plan.tonic, plan.mode), rng)
    return _choose_walking_pitch(timed, hit.step, previous, target, role)


def _choose_approach(
    target: int, previous: int, scale: frozenset[int], rng: np.random.Generator
) -> int:
    """Choose a note a semitone or a scale step from the target, on the side of the previous one."""
    side = 1 if previous > target else -1
    if rng.random() < 0.4:
        return target + side
    return next(target + side * step for step in (1, 2, 3) if (target + side * step) % 12 in scale)


def _choose_walking_pitch(
    timed: TimedChord, step: int, previous: int, target: int, role: Part
) -> int:
    """Choose a chord tone between the previous pitch and the target; never repeat the previous."""
    steps_left = max(timed.stop - step, 1)
    wish = previous + (target - previous) / max(steps_left / 4, 1)
    wish += 3 if target >= previous else -3
    tones = [m for m in range(role.low, role.high + 1) if m % 12 in timed.chord.pitch_classes]
    return min((m for m in tones if m != previous), key=lambda midi: abs(midi - wish))
