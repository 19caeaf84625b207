"""Composes what is sung: phrases with rests, motifs that return, pitches that lean on chords."""

from dataclasses import dataclass, replace

import numpy as np

from samuel_gen.corpus.plan import Plan, Section
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.theory import scale_over

_PHRASE_SECONDS = 4.2
_SCHEMES = ("ABAC", "AABC", "ABAB", "AABA")
_PENTATONIC_AVOIDED = {"major": (5, 11), "minor": (2, 8)}


@dataclass(frozen=True)
class _Motif:
    """Onsets and lengths in steps, and a contour in semitones around the phrase's centre."""

    onsets: tuple[int, ...]
    lengths: tuple[int, ...]
    contour: tuple[float, ...]


def _weights(plan: Plan) -> np.ndarray:
    """How willingly a note begins on each step of a bar."""
    meter, syncopation = plan.style.meter, plan.style.syncopation
    weights = np.full(meter.steps, 0.06 + 0.3 * syncopation)
    half = 2 if meter.steps_per_beat == 4 else 1
    weights[::half] = 0.35 + 0.5 * syncopation
    weights[:: meter.steps_per_beat] = 1.0 - 0.35 * syncopation
    weights[0] = 1.2
    return weights


def _motif(plan: Plan, steps: int, pace: float, rng: np.random.Generator) -> _Motif:
    """Draws a phrase's rhythm and contour, with a breath before the phrase ends."""
    weights, bar = _weights(plan), plan.style.meter.steps
    beat = plan.style.meter.steps_per_beat
    seconds = plan.step_seconds
    rest = int(np.clip(round(float(rng.uniform(0.5, 1.3)) / seconds), beat // 2, steps // 3))
    pickup = weights[: 2 * beat] * np.linspace(1.5, 0.2, 2 * beat)
    at = int(rng.choice(len(pickup), p=pickup / pickup.sum()))
    stop = steps - rest
    onsets, lengths = [], []
    choices = np.arange(1, 4 * beat + 1)
    while at < stop:
        fit = np.exp(-0.5 * (np.log(choices * seconds / pace) / 0.5) ** 2)
        fit *= weights[(at + choices) % bar] * (choices * seconds >= 0.12)
        length = int(rng.choice(choices, p=fit / fit.sum()))
        if at + length > stop - max(1, beat // 2):
            length = stop - at
        onsets.append(at)
        lengths.append(length)
        at += length
    count = len(onsets)
    x = np.linspace(0, 1, count) if count > 1 else np.zeros(1)
    shapes = (np.sin(np.pi * x) * 2 - 1, 1 - 2 * x, 2 * x - 1, np.cos(2 * np.pi * x), 0 * x)
    shape = shapes[int(rng.choice(5, p=(0.35, 0.25, 0.1, 0.2, 0.1)))]
    wander = np.cumsum(rng.normal(0, 1.1, count))
    contour = float(rng.uniform(1.5, 4.0)) * shape + wander - wander.mean()
    return _Motif(tuple(onsets), tuple(lengths), tuple(contour.tolist()))


class _Melodist:
    """Remembers the motifs of each section so that they return."""

    def __init__(self, plan: Plan, low: int, high: int, rng: np.random.Generator) -> None:
        self.plan, self.low, self.high, self.rng = plan, low, high, rng
        bar_seconds = plan.step_seconds * plan.style.meter.steps
        self.phrase_bars = next((n for n in (1, 2, 4) if n * bar_seconds >= 3.0), 4)
        if bar_seconds * self.phrase_bars > 2 * _PHRASE_SECONDS:
            self.phrase_bars = max(1, self.phrase_bars // 2)
        self.is_pentatonic = rng.random() < 0.4
        self.pace = plan.style.note_seconds * float(rng.uniform(0.6, 1.2))
        self.motifs: dict[tuple[str, str], _Motif] = {}
        self.schemes: dict[str, str] = {}

    def _motif_of(self, section: str, letter: str) -> _Motif:
        key = (section, letter)
        if key not in self.motifs:
            pace = self.pace * (1.15 if section == "chorus" else 1.0)
            steps = self.phrase_bars * self.plan.style.meter.steps
            self.motifs[key] = _motif(self.plan, steps, pace, self.rng)
        return self.motifs[key]

    def section(self, section: Section, limit: int) -> list[tuple[int, int, int]]:
        """(step, steps, midi) of one section's notes, none beyond step `limit`."""
        scheme = self.schemes.setdefault(
            section.name, _SCHEMES[int(self.rng.integers(len(_SCHEMES)))]
        )
        bar = self.plan.style.meter.steps
        notes: list[tuple[int, int, int]] = []
        phrases = -(-section.bars // self.phrase_bars)
        for phrase in range(phrases):
            motif = self._motif_of(section.name, scheme[phrase % len(scheme)])
            start = (section.first_bar + phrase * self.phrase_bars) * bar
            stop = min((section.first_bar + section.bars) * bar, limit)
            lift = {"chorus": 2.5, "bridge": 1.0, "outro": -1.5}.get(section.name, -1.0)
            lift += (0.0, 0.0, 1.5, -0.5)[phrase % 4]
            notes += self._phrase(motif, start, stop, lift, phrase == phrases - 1)
        return notes

    def _phrase(
        self, motif: _Motif, start: int, stop: int, lift: float, closes: bool
    ) -> list[tuple[int, int, int]]:
        center = (self.low + self.high) / 2 + lift
        beat = self.plan.style.meter.steps_per_beat
        previous: int | None = None
        notes: list[tuple[int, int, int]] = []
        fitting = [i for i, onset in enumerate(motif.onsets) if start + onset < stop - 1]
        for i in fitting:
            step = start + motif.onsets[i]
            length = min(motif.lengths[i], stop - step)
            is_last = i == fitting[-1]
            leans = is_last or i == 0 or motif.onsets[i] % beat == 0 and self.rng.random() < 0.75
            leans = leans or length >= 1.5 * beat
            wish = center + motif.contour[i] + float(self.rng.normal(0, 0.3))
            previous = self._pitch(step, wish, previous, leans, is_last and closes)
            notes.append((step, length, previous))
        return notes

    def _pitch(
        self, step: int, wish: float, previous: int | None, leans: bool, closes: bool
    ) -> int:
        plan = self.plan
        chord = plan.chord_at(step).chord
        tones = set(chord.pitch_classes)
        allowed = tones if leans else set(scale_over(chord, plan.tonic, plan.mode))
        if self.is_pentatonic and not leans:
            avoided = {(plan.tonic + s) % 12 for s in _PENTATONIC_AVOIDED[plan.mode]}
            allowed = allowed - (avoided - tones)
        if closes and plan.tonic in tones:
            allowed = {plan.tonic}
        best, best_cost = None, np.inf
        for midi in range(self.low, self.high + 1):
            if midi % 12 not in allowed:
                continue
            cost = abs(midi - wish)
            if previous is not None:
                leap = abs(midi - previous)
                cost += 0.25 * leap + (4 if leap > 7 else 0) + (0.9 if leap == 0 else 0)
                cost += 3 if leap in (6, 10, 11) else 0
            if cost < best_cost:
                best, best_cost = midi, cost
        assert best is not None
        return best


def compose_melody(plan: Plan, low: int, high: int, rng: np.random.Generator) -> tuple[Note, ...]:
    """The vocal line: silent in the intro, at rest between phrases, one note at a time.

    Args:
        plan: harmony and form.
        low, high: the singer's range, at least an octave (MIDI).
        rng: where chance comes from.
    """
    melodist = _Melodist(plan, low, high, rng)
    steps = plan.bars * plan.style.meter.steps
    placed = [
        note
        for section in plan.sections
        if section.name != "intro"
        for note in melodist.section(section, steps)
        if plan.time_of(note[0]) < plan.seconds - 0.2
    ]
    if placed and placed[-1][0] + placed[-1][1] >= steps - 2:
        step, length, midi = placed[-1]
        placed[-1] = (step, length + plan.style.meter.steps_per_beat, midi)
    lags = np.clip(rng.normal(0.004, 0.009, len(placed)), -0.02, 0.025)
    starts = [
        max(0.0, plan.time_of(p[0]) + float(lag)) for p, lag in zip(placed, lags, strict=True)
    ]
    notes = []
    for i, (step, length, midi) in enumerate(placed):
        end = min(plan.time_of(step + length), plan.seconds - 0.02)
        follows = i + 1 < len(placed) and placed[i + 1][0] <= step + length
        end = min(starts[i + 1], end) if follows else end - 0.04
        if end - starts[i] < 0.08:
            continue
        velocity = 92 if step % plan.style.meter.steps_per_beat == 0 else 82
        velocity = int(np.clip(velocity + rng.normal(0, 6), 50, 120))
        notes.append(Note(round(starts[i], 5), round(end, 5), midi, velocity))
    return tuple(notes)


def in_own_time(
    melody: tuple[Note, ...], seconds: float, rng: np.random.Generator
) -> tuple[Note, ...]:
    """The melody as somebody sings it who drags or rushes, a song long and from phrase to phrase.

    Time itself is bent, by at most 80 ms, so that notes keep their order and their gaps.

    Args:
        melody: one note at a time.
        seconds: the length of the song, which no note outlasts.
        rng: where chance comes from.
    """
    knots = np.arange(0.0, seconds + 4.0, 2.0)
    late = rng.normal(0, 0.018) + rng.uniform(0, 0.02) * rng.standard_normal(len(knots))
    late = np.clip(late, -0.08, 0.08)

    def bent(time: float) -> float:
        moved = time + float(np.interp(time, knots, late))
        return round(min(max(moved, 0.0), seconds - 0.02), 5)

    return tuple(replace(note, start=bent(note.start), end=bent(note.end)) for note in melody)
