"""The vocal melody: phrases with rests, recurring motifs, and chord tones on strong beats."""

from dataclasses import replace

import numpy as np

from samuel_gen.corpus.form import Section
from samuel_gen.corpus.motifs import Motif, draw_motif
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import Note
from samuel_gen.corpus.theory import scale_over

_PHRASE_SECONDS = 4.2
_EARLIEST_SECONDS = 0.04
_FREE_SHARE = 0.12
"""The share of songs that are sung freely over a steady accompaniment."""
_SCHEMES = ("ABAC", "AABC", "ABAB", "AABA")
"""The orders of the motifs in a section, one letter per motif."""
_PENTATONIC_AVOIDED = {"major": (5, 11), "minor": (2, 8)}
"""The scale tones that the pentatonic scale lacks, in semitones above the tonic."""


class _Composer:
    """Composes the melody section by section; keeps the motifs of each, so that they recur.

    Args:
        plan: the plan of the song.
        low, high: the range of the singer (MIDI).
        rng: the source of all random choices.
    """

    def __init__(self, plan: Plan, low: int, high: int, rng: np.random.Generator) -> None:
        self.plan, self.low, self.high, self.rng = plan, low, high, rng
        bar_seconds = plan.step_seconds * plan.style.meter.steps
        self.phrase_bars = next((n for n in (1, 2, 4) if n * bar_seconds >= 3.0), 4)
        if bar_seconds * self.phrase_bars > 2 * _PHRASE_SECONDS:
            self.phrase_bars = max(1, self.phrase_bars // 2)
        self.is_pentatonic = rng.random() < 0.4
        self.pickup_share = 0.8 if rng.random() < 0.35 else 0.0
        self.rest_scale = float(rng.uniform(1.5, 3.0)) if rng.random() < 0.2 else 1.0
        self.sung_until = -np.inf
        self.pace = plan.style.note_seconds * float(rng.uniform(0.6, 1.2))
        self.motifs: dict[tuple[str, str], Motif] = {}
        self.schemes: dict[str, str] = {}

    def _get_motif(self, section: str, letter: str) -> Motif:
        """Return the motif of a letter of a section's scheme; draw it at the first use."""
        key = (section, letter)
        if key not in self.motifs:
            pace = self.pace * (1.15 if section == "chorus" else 1.0)
            steps = self.phrase_bars * self.plan.style.meter.steps
            has_pickup = self.rng.random() < self.pickup_share
            self.motifs[key] = draw_motif(
                self.plan, steps, pace, self.rng, self.rest_scale, has_pickup
            )
        return self.motifs[key]

    def compose_section(self, section: Section, limit: int) -> list[tuple[int, int, int]]:
        """Return (step, steps, midi) of each note of a section, none beyond step `limit`."""
        scheme = self.schemes.setdefault(
            section.name, _SCHEMES[int(self.rng.integers(len(_SCHEMES)))]
        )
        bar = self.plan.style.meter.steps
        notes: list[tuple[int, int, int]] = []
        phrases = -(-section.bars // self.phrase_bars)
        for phrase in range(phrases):
            motif = self._get_motif(section.name, scheme[phrase % len(scheme)])
            start = (section.first_bar + phrase * self.phrase_bars) * bar
            stop = min((section.first_bar + section.bars) * bar, limit)
            lift = {"chorus": 2.5, "bridge": 1.0, "outro": -1.5}.get(section.name, -1.0)
            lift += (0.0, 0.0, 1.5, -0.5)[phrase % 4]
            notes += self._compose_phrase(motif, start, stop, lift, phrase == phrases - 1)
        return notes

    def _compose_phrase(
        self, motif: Motif, start: int, stop: int, lift: float, is_last_phrase: bool
    ) -> list[tuple[int, int, int]]:
        """Return (step, steps, midi) of each note of a phrase from step `start` to `stop`.

        Args:
            motif: the rhythm and the contour.
            start, stop: the steps of the song between which the notes lie.
            lift: the offset of the phrase from the middle of the range [semitones].
            is_last_phrase: whether the phrase ends the section, on the tonic if the chord has it.
        """
        center = (self.low + self.high) / 2 + lift
        beat = self.plan.style.meter.steps_per_beat
        previous: int | None = None
        notes: list[tuple[int, int, int]] = []
        fitting = [
            i
            for i, onset in enumerate(motif.onsets)
            if self.sung_until <= start + onset < stop - 1
            and self.plan.time_of(start + onset) >= _EARLIEST_SECONDS
        ]
        for i in fitting:
            step = start + motif.onsets[i]
            length = min(motif.lengths[i], stop - step)
            is_last = i == fitting[-1]
            is_on_beat = motif.onsets[i] % beat == 0
            is_chordal = is_last or i == fitting[0] or is_on_beat and self.rng.random() < 0.75
            is_chordal = is_chordal or length >= 1.5 * beat
            wish = center + motif.contour[i] + float(self.rng.normal(0, 0.3))
            closes = is_last and is_last_phrase
            previous = self._choose_pitch(step, wish, previous, is_chordal, closes)
            notes.append((step, length, previous))
            self.sung_until = step + length
        return notes

    def _choose_pitch(
        self, step: int, wish: float, previous: int | None, is_chordal: bool, closes: bool
    ) -> int:
        """Choose the allowed pitch near the wished one that is easiest to sing after the previous.

        Args:
            step: the step of the song at which the note starts.
            wish: the wished pitch (MIDI, fractions included).
            previous: the pitch before this one (MIDI); None at the start of a phrase.
            is_chordal: whether only chord tones are allowed.
            closes: whether the note is to be the tonic if the chord has it.
        """
        plan = self.plan
        chord = plan.chord_at(step).chord
        tones = set(chord.pitch_classes)
        allowed = tones if is_chordal else set(scale_over(chord, plan.tonic, plan.mode))
        if self.is_pentatonic and not is_chordal:
            avoided = {(plan.tonic + s) % 12 for s in _PENTATONIC_AVOIDED[plan.mode]}
            allowed = allowed - (avoided - tones)
        if closes and plan.tonic in tones:
            allowed = {plan.tonic}
        pitches = [midi for midi in range(self.low, self.high + 1) if midi % 12 in allowed]
        return min(pitches, key=lambda midi: _pitch_cost(midi, wish, previous))


def _pitch_cost(midi: int, wish: float, previous: int | None) -> float:
    """The distance from the wished pitch, plus the difficulty of the interval.

    Wide leaps, tritones, sevenths and repeated notes are difficult.
    """
    cost = abs(midi - wish)
    if previous is not None:
        leap = abs(midi - previous)
        cost += 0.25 * leap + (4 if leap > 7 else 0) + (0.9 if leap == 0 else 0)
        cost += 3 if leap in (6, 10, 11) else 0
    return cost


def compose_melody(plan: Plan, low: int, high: int, rng: np.random.Generator) -> tuple[Note, ...]:
    """Compose the vocal melody: one note at a time, with rests in the intro and between phrases.

    Args:
        plan: the plan of the song.
        low, high: the range of the singer (MIDI), at least an octave.
        rng: the source of all random choices.
    """
    composer = _Composer(plan, low, high, rng)
    steps = plan.bars * plan.style.meter.steps
    placed = [
        note
        for section in plan.sections
        if section.name != "intro"
        for note in composer.compose_section(section, steps)
        if plan.time_of(note[0]) < plan.seconds - 0.2
    ]
    if placed and placed[-1][0] + placed[-1][1] >= steps - 2:
        step, length, midi = placed[-1]
        placed[-1] = (step, length + plan.style.meter.steps_per_beat, midi)
    return _time_notes(plan, placed, rng)


def _time_notes(
    plan: Plan, placed: list[tuple[int, int, int]], rng: np.random.Generator
) -> tuple[Note, ...]:
    """Turn (step, steps, midi) into notes, with small deviations in timing and loudness."""
    lags = np.clip(rng.normal(0.004, 0.009, len(placed)), -0.02, 0.025)
    starts = [
        max(0.0, plan.time_of(p[0]) + float(lag)) for p, lag in zip(placed, lags, strict=True)
    ]
    notes = []
    for i, (step, length, midi) in enumerate(placed):
        end = min(plan.time_of(step + length), plan.seconds - 0.02)
        is_linked = i + 1 < len(placed) and placed[i + 1][0] <= step + length
        end = min(starts[i + 1], end) if is_linked else end - 0.04
        if end - starts[i] < 0.08:
            continue
        velocity = 92 if step % plan.style.meter.steps_per_beat == 0 else 82
        velocity = int(np.clip(velocity + rng.normal(0, 6), 50, 120))
        notes.append(Note(round(starts[i], 5), round(end, 5), midi, velocity))
    return tuple(notes)


def vary_timing(
    melody: tuple[Note, ...], seconds: float, rng: np.random.Generator
) -> tuple[Note, ...]:
    """Shift the notes in time, as a singer does who drags or rushes.

    The shift varies smoothly with time, so that notes keep their order and their gaps. It has a
    part that is constant over the song and a part that varies from phrase to phrase. It is 80 ms
    at most, and 250 ms in the songs that are sung freely.

    Args:
        melody: the melody, one note at a time.
        seconds: the length of the song [s]; no note ends later.
        rng: the source of all random choices.
    """
    knots = np.arange(0.0, seconds + 4.0, 2.0)
    is_free = rng.random() < _FREE_SHARE
    depth, largest = (rng.uniform(0.05, 0.1), 0.25) if is_free else (rng.uniform(0, 0.02), 0.08)
    delays = rng.normal(0, 0.018) + depth * rng.standard_normal(len(knots))
    delays = np.clip(delays, -largest, largest)

    def shift(time: float) -> float:
        shifted = time + float(np.interp(time, knots, delays))
        return round(min(max(shifted, 0.0), seconds - 0.02), 5)

    return tuple(replace(note, start=shift(note.start), end=shift(note.end)) for note in melody)
