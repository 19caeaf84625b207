"""The basis of bass, chord and lead parts: reading patterns and playing them with a feel."""

from dataclasses import dataclass

import numpy as np

from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import Note, PartNotes
from samuel_gen.corpus.styles.style import Part


@dataclass(frozen=True)
class PlacedPart:
    """A part with its place in the accompaniment.

    Attributes:
        part: the notes and the instrument.
        gain_db: the gain of the part [dB].
        pan: the position from -1 (left) to 1 (right).
    """

    part: PartNotes
    gain_db: float
    pan: float


@dataclass(frozen=True)
class Hit:
    """One note of a pattern.

    Attributes:
        step: the step of the song at which the note starts.
        steps: the length of the note in steps.
        char: the pattern's character, which says what to play (see `styles.style`).
    """

    step: int
    steps: int
    char: str


def read_hits(pattern: str, bar: int, steps: int) -> list[Hit]:
    """Return the notes of a pattern that start within one bar.

    Args:
        pattern: a string with one character per step, one or more bars long.
        bar: the number of the bar in the song, from 0.
        steps: the number of steps in a bar.
    """
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
    """Writes the notes of one part, with small deviations in timing and loudness.

    Args:
        plan: the plan of the song.
        part: the role of the instrument in the style.
        rng: the source of all random choices.
    """

    def __init__(self, plan: Plan, part: Part, rng: np.random.Generator) -> None:
        self.plan, self.part, self.rng = plan, part, rng
        self.feel = float(rng.normal(0.002, 0.004))
        self.program = int(part.programs[int(rng.integers(len(part.programs)))])
        self.notes: list[Note] = []

    def draw_pattern(self, is_lively: bool) -> str:
        """Draw one of the part's patterns for calm or for lively sections."""
        pool = self.part.lively if is_lively else self.part.calm
        return pool[int(self.rng.integers(len(pool)))]

    def add(self, midi: int, step: int, steps: int, velocity: float, late: float = 0.0) -> None:
        """Add a note; notes of 40 ms or less are left out.

        Args:
            midi: the pitch (MIDI).
            step: the step of the song at which the note starts.
            steps: the length of the note in steps.
            velocity: the velocity before its random variation (1-127).
            late: the delay after the step [s].
        """
        start = self.plan.time_of(step) + self.feel + late
        start = max(0.0, start + float(np.clip(self.rng.normal(0, 0.006), -0.015, 0.015)))
        end = min(self.plan.time_of(step + steps) - 0.01, self.plan.seconds - 0.02)
        if end - start > 0.04 and 0 < midi < 128:
            varied = int(np.clip(velocity + self.rng.normal(0, 5), 25, 124))
            self.notes.append(Note(round(start, 5), round(end, 5), midi, varied))

    def accent(self, step: int) -> float:
        """The change of velocity that marks the place of a step in its bar."""
        meter = self.plan.style.meter
        return 8.0 if step % meter.steps == 0 else 3.0 if step % meter.steps_per_beat == 0 else -3.0

    def finish(self, name: str, pan: float) -> PlacedPart:
        """Return the finished part, its notes in order of time."""
        notes = sorted(self.notes, key=lambda note: (note.start, note.midi))
        part = PartNotes(name, self.program, False, tuple(notes))
        return PlacedPart(part, self.part.gain_db, pan)


def assign_patterns(plan: Plan, part: Part, musician: Musician) -> list[tuple[int, str]]:
    """Return (bar, pattern) for each bar in which the part plays.

    All calm sections share a pattern and all lively ones; a bridge has a pattern of its own.
    """
    patterns = {is_lively: musician.draw_pattern(is_lively) for is_lively in (False, True)}
    bridge_pattern = musician.draw_pattern(True)
    assigned = []
    for section in plan.sections:
        if section.energy < part.min_energy:
            continue
        is_lively = section.energy >= 0.6
        pattern = bridge_pattern if section.name == "bridge" else patterns[is_lively]
        assigned += [(section.first_bar + bar, pattern) for bar in range(section.bars)]
    return assigned


def nearest_pitch(pitch_class: int, near: int, low: int, high: int) -> int:
    """The pitch of a pitch class that is nearest to another pitch.

    Args:
        pitch_class: the pitch class, 0 = C.
        near: the pitch to stay close to (MIDI).
        low, high: the register (MIDI), at least an octave wide.
    """
    candidates = [m for m in range(low, high + 1) if m % 12 == pitch_class % 12]
    return min(candidates, key=lambda midi: abs(midi - near))
