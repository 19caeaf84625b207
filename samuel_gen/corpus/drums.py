"""The drum part: a groove per section, a fill at its end and a crash on the next downbeat."""

import numpy as np

from samuel_gen.corpus.form import Section
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import Note, PartNotes
from samuel_gen.corpus.styles.style import Groove, Style

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
    "cowbell": 56,
    "bongo": 60,
    "conga": 63,
    "agogo": 67,
    "maracas": 70,
    "guiro": 73,
    "claves": 75,
    "triangle": 81,
    "shaker": 82,
}
"""The General MIDI key of each drum."""

_VELOCITY = {"X": 112, "x": 92, "o": 64, "g": 44}
"""The velocity of each pattern character (see `styles.style`)."""
_FILL_DRUMS = (("snare",), ("snare", "tom_high", "tom_mid", "tom_low"), ("tom_high", "tom_low"))


class Drummer:
    """Collects strokes, with small deviations in timing and loudness.

    Args:
        plan: the plan of the song.
        rng: the source of all random choices.
    """

    def __init__(self, plan: Plan, rng: np.random.Generator) -> None:
        self.plan, self.rng = plan, rng
        self.feel = float(rng.normal(0, 0.004))
        self.keeps_breaks = rng.random() < 0.6
        self.notes: list[Note] = []

    def add_stroke(self, drum: str, step: int, velocity: int) -> None:
        """Add one stroke, near a step of the song and near a velocity (1-127)."""
        if self.keeps_breaks and self.plan.chord_at(step).is_break:
            return
        start = self.plan.time_of(step) + self.feel
        start = max(0.0, start + float(np.clip(self.rng.normal(0, 0.004), -0.01, 0.01)))
        varied = int(np.clip(velocity + self.rng.normal(0, 5), 20, 124))
        self.notes.append(Note(round(start, 5), round(start + 0.1, 5), DRUMS[drum], varied))

    def play_groove(self, groove: Groove, bar: int, within: range) -> None:
        """Play one bar of a groove, limited to a range of the bar's steps."""
        steps = self.plan.style.meter.steps
        for drum, pattern in groove.strokes:
            offset = bar * steps % len(pattern)
            for step in within:
                char = pattern[offset + step]
                if char in _VELOCITY:
                    self.add_stroke(drum, bar * steps + step, _VELOCITY[char])

    def play_fill(self, bar: int, first: int) -> None:
        """Play a crescendo from step `first` of a bar to the end of the bar."""
        steps = self.plan.style.meter.steps
        drums = _FILL_DRUMS[int(self.rng.integers(len(_FILL_DRUMS)))]
        for step in range(first, steps):
            progress = (step - first) / (steps - first)
            if step % 2 and self.rng.random() < 0.35:
                continue
            drum = drums[min(int(progress * len(drums)), len(drums) - 1)]
            self.add_stroke(drum, bar * steps + step, int(72 + 36 * progress))

    def play_section(self, section: Section, groove: Groove) -> None:
        """Play a groove for a whole section, with fills at its end and sometimes halfway."""
        style = self.plan.style
        steps, beat = style.meter.steps, style.meter.steps_per_beat
        for bar in range(section.first_bar, section.first_bar + section.bars):
            is_last = bar == section.first_bar + section.bars - 1
            is_halfway = bar == section.first_bar + section.bars // 2 - 1 and section.bars >= 8
            has_fill = style.has_fills and (is_last or is_halfway and self.rng.random() < 0.3)
            first = steps - beat * int(self.rng.choice([1, 2])) if has_fill else steps
            self.play_groove(groove, bar, range(first))
            if has_fill:
                self.play_fill(bar, first)
        wants_crash = style.has_fills and section.energy >= 0.6 and section.first_bar > 0
        if wants_crash and self.rng.random() < 0.8:
            self.add_stroke("crash", section.first_bar * steps, 98)


def play_drums(plan: Plan, rng: np.random.Generator) -> PartNotes | None:
    """Write the drum part of a song; None if the song has no drums."""
    style = plan.style
    if rng.random() >= style.drums_presence:
        return None
    drummer = Drummer(plan, rng)
    kit, calm, lively = _draw_kit_and_grooves(style, rng)
    is_intro_silent = rng.random() < 0.4 and plan.bars > 8
    for section in plan.sections:
        if section.name == "intro" and is_intro_silent:
            continue
        drummer.play_section(section, lively if section.energy >= 0.6 else calm)
    if style.has_fills:
        drummer.add_stroke("crash", plan.bars * style.meter.steps, 92)
        drummer.add_stroke("kick", plan.bars * style.meter.steps, 100)
    notes = [note for note in drummer.notes if note.start < plan.seconds - 0.05]
    notes.sort(key=lambda note: (note.start, note.midi))
    return PartNotes("drums", kit, True, tuple(notes)) if notes else None


def _draw_kit_and_grooves(style: Style, rng: np.random.Generator) -> tuple[int, Groove, Groove]:
    """Draw a drum kit, a groove for calm sections and a groove for lively ones."""
    kit = style.kits[int(rng.integers(len(style.kits)))]
    calm = style.calm_grooves[int(rng.integers(len(style.calm_grooves)))]
    lively = style.lively_grooves[int(rng.integers(len(style.lively_grooves)))]
    return kit, calm, lively
