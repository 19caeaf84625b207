"""The lead part: an instrument that plays in the rests of the vocal."""

import numpy as np

from samuel_gen.corpus.musician import Musician, PlacedPart
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.theory import scale_over


def play_lead(plan: Plan, melody: tuple[Note, ...], rng: np.random.Generator) -> PlacedPart | None:
    """Write a part that fills the intro and rests of the vocal; None if there is none.

    Args:
        plan: the plan of the song.
        melody: the sung melody, in order of time.
        rng: the source of all random choices.
    """
    role = plan.style.lead
    if rng.random() >= role.presence:
        return None
    musician = Musician(plan, role, rng)
    beat = plan.style.meter.steps_per_beat
    is_sung = _sung_steps(plan, melody)
    total = len(is_sung) - 1
    pitch = (role.low + role.high) // 2
    step, direction = 0, 1
    while step < total:
        rest_end = step
        while rest_end < total and not is_sung[rest_end]:
            rest_end += 1
        if rest_end - step < beat or rng.random() < 0.35:
            step = max(rest_end, step + 1)
            while step < total and is_sung[step]:
                step += 1
            continue
        at = step + (step % max(beat // 2, 1))
        while at < rest_end:
            length = int(rng.choice([1, 2, 4] if beat == 4 else [1, 2, 3], p=[0.15, 0.5, 0.35]))
            length = min(length, rest_end - at)
            if not role.low + 3 < pitch < role.high - 3 or rng.random() < 0.25:
                direction = 1 if pitch < (role.low + role.high) / 2 else -1
            pitch = _next_pitch(plan, at, pitch, direction)
            musician.add(pitch, at, length, 78 + musician.accent(at))
            at += length
        step = rest_end
    return musician.finish("lead", 0.0) if musician.notes else None


def _sung_steps(plan: Plan, melody: tuple[Note, ...]) -> np.ndarray:
    """The steps of the song at which the vocal sounds or the band pauses; (steps + 1,)."""
    total = plan.bars * plan.style.meter.steps
    is_sung = np.zeros(total + 1, dtype=bool)
    times = np.array([plan.time_of(step) for step in range(total + 1)])
    for note in melody:
        is_sung[(times >= note.start - 0.15) & (times < note.end + 0.05)] = True
    for timed in plan.chords:
        is_sung[timed.start : timed.stop] |= timed.is_break
    return is_sung


def _next_pitch(plan: Plan, step: int, pitch: int, direction: int) -> int:
    """The next pitch, about a whole tone up (1) or down (-1); on a beat, it is a chord tone."""
    role = plan.style.lead
    chord = plan.chord_at(step).chord
    is_on_beat = step % plan.style.meter.steps_per_beat == 0
    tones = chord.pitch_classes if is_on_beat else scale_over(chord, plan.tonic, plan.mode)
    pitches = [m for m in range(role.low, role.high + 1) if m % 12 in tones]
    return min((m for m in pitches if m != pitch), key=lambda m: abs(m - (pitch + 2 * direction)))
