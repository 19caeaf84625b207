"""What bass, chords and lead have in common: reading patterns and playing with a feel."""

from dataclasses import dataclass

import numpy as np

from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import Note, PartNotes
from samuel_gen.corpus.styles.style import Part


@dataclass(frozen=True)
class Seat:
    """One player: what is played, how loud [dB] and where (pan -1 to 1)."""

    notes: PartNotes
    level_db: float
    pan: float


@dataclass(frozen=True)
class Hit:
    """One character of a pattern: where it starts, how many steps it lasts."""

    step: int
    steps: int
    char: str


def hits_of(pattern: str, bar: int, steps: int) -> list[Hit]:
    """What a pattern starts within one bar."""
    offset = bar * steps % len(pattern)
    text = pattern[offset : offset + steps]
    hits = []
    for at, char in enumerate(text):
        if char in ".-":
            continue
        length = 1
        while at + length < len(text) and text[at + length] == "-":
            length += 1
        hits.append(Hit(bar * steps + at, length, char))
    return hits


class Musician:
    """Writes notes of one part with a feel of its own."""

    def __init__(self, plan: Plan, part: Part, rng: np.random.Generator) -> None:
        self.plan, self.part, self.rng = plan, part, rng
        self.feel = float(rng.normal(0.002, 0.004))
        self.program = int(part.programs[int(rng.integers(len(part.programs)))])
        self.notes: list[Note] = []

    def pattern(self, is_lively: bool) -> str:
        """One of the part's patterns for calm or lively sections."""
        pool = self.part.lively if is_lively else self.part.calm
        return pool[int(self.rng.integers(len(pool)))]

    def add(self, midi: int, step: int, steps: int, velocity: float, late: float = 0.0) -> None:
        """Adds a note of some steps, `late` seconds after its step; too short ones are left out."""
        start = self.plan.time_of(step) + self.feel + late
        start = max(0.0, start + float(np.clip(self.rng.normal(0, 0.006), -0.015, 0.015)))
        end = min(self.plan.time_of(step + steps) - 0.01, self.plan.seconds - 0.02)
        if end - start > 0.04 and 0 < midi < 128:
            loudness = int(np.clip(velocity + self.rng.normal(0, 5), 25, 124))
            self.notes.append(Note(round(start, 5), round(end, 5), midi, loudness))

    def accent(self, step: int) -> float:
        """What a step's place in the bar adds to the velocity."""
        meter = self.plan.style.meter
        return 8.0 if step % meter.steps == 0 else 3.0 if step % meter.steps_per_beat == 0 else -3.0

    def seat(self, name: str, pan: float) -> Seat:
        """All that was written, in order of time."""
        notes = sorted(self.notes, key=lambda note: (note.start, note.midi))
        return Seat(PartNotes(name, self.program, False, tuple(notes)), self.part.level_db, pan)


def played_bars(plan: Plan, part: Part, musician: Musician) -> list[tuple[int, str]]:
    """(bar, pattern) wherever the part plays; one pattern per kind of section."""
    chosen = {name: musician.pattern(name) for name in (False, True)}
    alternate = musician.pattern(True)
    played = []
    for section in plan.sections:
        if section.energy < part.enters_at:
            continue
        is_lively = section.energy >= 0.6
        pattern = alternate if section.name == "bridge" else chosen[is_lively]
        played += [(section.first_bar + bar, pattern) for bar in range(section.bars)]
    return played


def nearest(pitch_class: int, near: int, low: int, high: int) -> int:
    """The pitch of a class nearest to another pitch, within a register of an octave or more."""
    candidates = [m for m in range(low, high + 1) if m % 12 == pitch_class % 12]
    return min(candidates, key=lambda midi: abs(midi - near))
