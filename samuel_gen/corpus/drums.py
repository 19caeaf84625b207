"""The drummer: grooves by section, fills at their ends, a crash on what follows."""

import numpy as np

from samuel_gen.corpus.plan import Plan, Section
from samuel_gen.corpus.score import Note, PartNotes
from samuel_gen.corpus.styles.style import Groove

DRUMS = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "side": 40,
    "tom_low": 43,
    "hat": 42,
    "pedal": 44,
    "open": 46,
    "tom_mid": 47,
    "crash": 49,
    "tom_high": 50,
    "ride": 51,
    "tambourine": 54,
    "bongo": 60,
    "conga": 63,
    "maracas": 70,
    "claves": 75,
    "triangle": 81,
    "shaker": 82,
}
"""General MIDI keys by name."""

_VELOCITY = {"X": 112, "x": 92, "o": 64, "g": 44}
_FILL_DRUMS = (("snare",), ("snare", "tom_high", "tom_mid", "tom_low"), ("tom_high", "tom_low"))


class Drummer:
    """Collects strokes, each a little off the grid and never twice equally loud."""

    def __init__(self, plan: Plan, rng: np.random.Generator) -> None:
        self.plan, self.rng = plan, rng
        self.feel = float(rng.normal(0, 0.004))
        self.notes: list[Note] = []

    def stroke(self, drum: str, step: int, velocity: int) -> None:
        """Adds one stroke."""
        start = self.plan.time_of(step) + self.feel
        start = max(0.0, start + float(np.clip(self.rng.normal(0, 0.004), -0.01, 0.01)))
        loudness = int(np.clip(velocity + self.rng.normal(0, 5), 20, 124))
        self.notes.append(Note(round(start, 5), round(start + 0.1, 5), DRUMS[drum], loudness))

    def groove(self, groove: Groove, bar: int, keeps: range) -> None:
        """One bar of a groove, limited to some of its steps."""
        steps = self.plan.style.meter.steps
        for drum, pattern in groove.strokes:
            offset = bar * steps % len(pattern)
            for step in keeps:
                char = pattern[offset + step]
                if char in _VELOCITY:
                    self.stroke(drum, bar * steps + step, _VELOCITY[char])

    def fill(self, bar: int, first: int) -> None:
        """A fill from a step of a bar to the bar's end, rising."""
        steps = self.plan.style.meter.steps
        drums = _FILL_DRUMS[int(self.rng.integers(len(_FILL_DRUMS)))]
        for step in range(first, steps):
            done = (step - first) / (steps - first)
            if step % 2 and self.rng.random() < 0.35:
                continue
            drum = drums[min(int(done * len(drums)), len(drums) - 1)]
            self.stroke(drum, bar * steps + step, int(72 + 36 * done))


def play_drums(plan: Plan, rng: np.random.Generator) -> PartNotes | None:
    """The drum part of a song, or None where the song has no drums."""
    style = plan.style
    if rng.random() >= style.drums_presence:
        return None
    drummer = Drummer(plan, rng)
    kit = style.kits[int(rng.integers(len(style.kits)))]
    calm = style.calm_grooves[int(rng.integers(len(style.calm_grooves)))]
    lively = style.lively_grooves[int(rng.integers(len(style.lively_grooves)))]
    steps, beat = style.meter.steps, style.meter.steps_per_beat
    waits = rng.random() < 0.4 and plan.bars > 8
    for section in plan.sections:
        if section.name == "intro" and waits:
            continue
        groove = lively if section.energy >= 0.6 else calm
        for bar in range(section.first_bar, section.first_bar + section.bars):
            closes = bar == section.first_bar + section.bars - 1
            half = bar == section.first_bar + section.bars // 2 - 1 and section.bars >= 8
            fills = style.fills and (closes or half and rng.random() < 0.3)
            first = steps - beat * int(rng.choice([1, 2])) if fills else steps
            drummer.groove(groove, bar, range(first))
            if fills:
                drummer.fill(bar, first)
        _crash(drummer, section, rng)
    if style.fills:
        drummer.stroke("crash", plan.bars * steps, 92)
        drummer.stroke("kick", plan.bars * steps, 100)
    notes = [note for note in drummer.notes if note.start < plan.seconds - 0.05]
    notes.sort(key=lambda note: (note.start, note.midi))
    return PartNotes("drums", kit, True, tuple(notes)) if notes else None


def _crash(drummer: Drummer, section: Section, rng: np.random.Generator) -> None:
    wants = drummer.plan.style.fills and section.energy >= 0.6 and section.first_bar > 0
    if wants and rng.random() < 0.8:
        drummer.stroke("crash", section.first_bar * drummer.plan.style.meter.steps, 98)
