"""An instrument that answers the voice."""

import numpy as np

from samuel_gen.corpus.musician import Musician, Seat
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.theory import scale_over


def play_lead(plan: Plan, melody: tuple[Note, ...], rng: np.random.Generator) -> Seat | None:
    """An instrument that answers in the voice's rests and has the intro to itself."""
    part = plan.style.lead
    if rng.random() >= part.presence:
        return None
    musician = Musician(plan, part, rng)
    total = plan.bars * plan.style.meter.steps
    beat = plan.style.meter.steps_per_beat
    sung = np.zeros(total + 1, dtype=bool)
    times = np.array([plan.time_of(step) for step in range(total + 1)])
    for note in melody:
        sung[(times >= note.start - 0.15) & (times < note.end + 0.05)] = True
    pitch = (part.low + part.high) // 2
    step = 0
    drift = 1
    while step < total:
        free = step
        while free < total and not sung[free]:
            free += 1
        if free - step < beat or rng.random() < 0.35:
            step = max(free, step + 1)
            while step < total and sung[step]:
                step += 1
            continue
        at = step + (step % max(beat // 2, 1))
        while at < free:
            length = int(rng.choice([1, 2, 4] if beat == 4 else [1, 2, 3], p=[0.15, 0.5, 0.35]))
            length = min(length, free - at)
            chord = plan.chord_at(at).chord
            scale = (
                chord.pitch_classes if at % beat == 0 else scale_over(chord, plan.tonic, plan.mode)
            )
            if not part.low + 3 < pitch < part.high - 3 or rng.random() < 0.25:
                drift = 1 if pitch < (part.low + part.high) / 2 else -1
            pitches = [m for m in range(part.low, part.high + 1) if m % 12 in scale]
            pitch = min(
                (m for m in pitches if m != pitch), key=lambda m: abs(m - (pitch + 2 * drift))
            )
            musician.add(pitch, at, length, 78 + musician.accent(at))
            at += length
        step = free
    return musician.seat("lead", 0.0) if musician.notes else None
