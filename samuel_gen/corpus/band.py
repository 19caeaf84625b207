"""The band without its drummer: bass with approach notes, voice-led chords, a counter-lead."""

from dataclasses import dataclass

import numpy as np

from samuel_gen.corpus.drums import play_drums
from samuel_gen.corpus.plan import Plan, TimedChord
from samuel_gen.corpus.score import Note, PartNotes
from samuel_gen.corpus.styles.style import Part
from samuel_gen.corpus.theory import scale_over, voice_led


@dataclass(frozen=True)
class Seat:
    """One player: what is played, how loud [dB] and where (pan -1 to 1)."""

    notes: PartNotes
    level_db: float
    pan: float


@dataclass(frozen=True)
class _Hit:
    """One character of a pattern: where it starts, how many steps it lasts."""

    step: int
    steps: int
    char: str


def _hits(pattern: str, bar: int, steps: int) -> list[_Hit]:
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
        hits.append(_Hit(bar * steps + at, length, char))
    return hits


class _Musician:
    """Writes notes of one part with a feel of its own."""

    def __init__(self, plan: Plan, part: Part, rng: np.random.Generator) -> None:
        self.plan, self.part, self.rng = plan, part, rng
        self.feel = float(rng.normal(0.002, 0.004))
        self.program = int(part.programs[int(rng.integers(len(part.programs)))])
        self.notes: list[Note] = []

    def pattern(self, is_lively: bool) -> str:
        pool = self.part.lively if is_lively else self.part.calm
        return pool[int(self.rng.integers(len(pool)))]

    def add(self, midi: int, step: float, steps: float, velocity: float, late: float = 0) -> None:
        start = self.plan.time_of(step) + self.feel + late
        start = max(0.0, start + float(np.clip(self.rng.normal(0, 0.006), -0.015, 0.015)))
        end = min(self.plan.time_of(step + steps) - 0.01, self.plan.seconds - 0.02)
        if end - start > 0.04 and 0 < midi < 128:
            loudness = int(np.clip(velocity + self.rng.normal(0, 5), 25, 124))
            self.notes.append(Note(round(start, 5), round(end, 5), midi, loudness))

    def accent(self, step: int) -> float:
        meter = self.plan.style.meter
        return 8.0 if step % meter.steps == 0 else 3.0 if step % meter.steps_per_beat == 0 else -3.0

    def seat(self, name: str, pan: float) -> Seat:
        notes = sorted(self.notes, key=lambda note: (note.start, note.midi))
        return Seat(PartNotes(name, self.program, False, tuple(notes)), self.part.level_db, pan)


def _bars(plan: Plan, part: Part, musician: _Musician) -> list[tuple[int, str]]:
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


def _nearest(pitch_class: int, near: float, low: int, high: int) -> int:
    candidates = [m for m in range(low, high + 1) if m % 12 == pitch_class % 12]
    return min(candidates, key=lambda midi: abs(midi - near))


def _approach(root: int, previous: int, scale: frozenset[int], rng: np.random.Generator) -> int:
    """The note before a root: a scale step or a semitone, from the side that one comes from."""
    side = 1 if previous > root else -1
    if rng.random() < 0.4:
        return root + side
    return next(root + side * step for step in (1, 2, 3) if (root + side * step) % 12 in scale)


def play_bass(plan: Plan, rng: np.random.Generator) -> Seat:
    """The bass line."""
    part = plan.style.bass
    musician = _Musician(plan, part, rng)
    steps = plan.style.meter.steps
    previous = float(part.low + 8)
    for bar, pattern in _bars(plan, part, musician):
        for hit in _hits(pattern, bar, steps):
            timed = plan.chord_at(hit.step)
            chord = timed.chord
            root = _nearest(
                chord.root, previous if hit.char == "R" else part.low + 8, part.low, part.high
            )
            tones = chord.pitch_classes
            following = plan.chord_at(timed.stop)
            target = _nearest(following.chord.root, previous, part.low, part.high)
            if hit.char == "R":
                pitch = root
            elif hit.char == "8":
                pitch = root + 12 if root + 12 <= part.high + 5 else root
            elif hit.char == "5":
                fifth = tones[2] if len(tones) > 2 else chord.root
                pitch = _nearest(fifth, previous, part.low, part.high)
            elif hit.char == "3":
                pitch = _nearest(tones[1], previous, part.low, part.high)
            elif hit.char == "a":
                scale = scale_over(chord, plan.tonic, plan.mode)
                pitch = _approach(target, int(previous), scale, rng)
            else:
                pitch = _walked(timed, hit.step, previous, target, part)
            velocity = 88 + musician.accent(hit.step)
            stop = min(hit.steps, timed.stop - hit.step) if hit.char != "a" else hit.steps
            musician.add(pitch, hit.step, stop, velocity)
            previous = float(np.clip(pitch, part.low, part.high))
    final = plan.bars * steps
    if musician.notes:
        root = plan.chord_at(final).chord.root
        musician.add(_nearest(root, previous, part.low, part.high), final, 4 * steps, 88)
    return musician.seat("bass", 0.0)


def _walked(timed: TimedChord, step: int, previous: float, target: int, part: Part) -> int:
    """A chord tone on the way to the next root, never the note just played."""
    left = max(timed.stop - step, 1)
    wish = previous + (target - previous) / max(left / 4, 1)
    wish += 3 if target >= previous else -3
    tones = [m for m in range(part.low, part.high + 1) if m % 12 in timed.chord.pitch_classes]
    return min((m for m in tones if m != round(previous)), key=lambda midi: abs(midi - wish))


def play_chords(plan: Plan, part: Part, name: str, rng: np.random.Generator) -> Seat:
    """A comping, arpeggio or pad part, voice-led."""
    musician = _Musician(plan, part, rng)
    steps = plan.style.meter.steps
    strums = 0.009 if musician.program in range(24, 29) else 0.0
    voicings: dict[int, tuple[int, ...]] = {}
    previous: tuple[int, ...] = ()
    for timed in plan.chords:
        previous = voice_led(timed.chord, previous, part.low, part.high, part.voices)
        voicings[timed.start] = previous
    for bar, pattern in _bars(plan, part, musician):
        for hit in _hits(pattern, bar, steps):
            at, stop = hit.step, hit.step + hit.steps
            while at < stop:
                timed = plan.chord_at(at)
                until = min(stop, timed.stop)
                if at == hit.step or until - at > 1:
                    _strike(musician, voicings[timed.start], hit.char, at, until - at, strums)
                at = until
    if musician.notes:
        final = plan.bars * steps
        voicing = voicings[plan.chord_at(final).start]
        _strike(musician, voicing, "X", final, 4 * steps, strums)
    return musician.seat(name, 0.0)


def _strike(
    musician: _Musician, voicing: tuple[int, ...], char: str, at: int, steps: int, strum: float
) -> None:
    velocity = (92 if char == "X" else 80) + musician.accent(at)
    if char.isdigit():
        place = int(char) - 1
        octave, voice = divmod(place, len(voicing))
        musician.add(voicing[voice] + 12 * octave, at, max(steps, 2), velocity)
        return
    notes = {"b": voicing[:1], "h": voicing[1:]}.get(char, voicing)
    for i, midi in enumerate(notes):
        musician.add(midi, at, steps, velocity - (8 if char == "h" else 0), strum * i)


def play_lead(plan: Plan, melody: tuple[Note, ...], rng: np.random.Generator) -> Seat | None:
    """An instrument that answers in the voice's rests and has the intro to itself."""
    part = plan.style.lead
    if rng.random() >= part.presence:
        return None
    musician = _Musician(plan, part, rng)
    total = plan.bars * plan.style.meter.steps
    beat = plan.style.meter.steps_per_beat
    sung = np.zeros(total + 1, dtype=bool)
    times = np.array([plan.time_of(step) for step in range(total + 1)])
    for note in melody:
        sung[(times >= note.start - 0.15) & (times < note.end + 0.05)] = True
    pitch = (part.low + part.high) / 2
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
            musician.add(int(pitch), at, length, 78 + musician.accent(at))
            at += length
        step = free
    return musician.seat("lead", 0.0) if musician.notes else None


def arrange(plan: Plan, melody: tuple[Note, ...], rng: np.random.Generator) -> tuple[Seat, ...]:
    """The whole band, seated left and right; at least bass and one chord part."""
    seats = [play_bass(plan, rng)]
    width = float(rng.uniform(0.2, 0.6))
    side = 1.0 if rng.random() < 0.5 else -1.0
    for i, part in enumerate(plan.style.chords):
        if i > 0 and rng.random() >= part.presence:
            continue
        seat = play_chords(plan, part, f"chords {i + 1}", rng)
        pan = side * width * (0.6, -1.0, 0.3)[i % 3]
        seats.append(Seat(seat.notes, seat.level_db + float(rng.normal(0, 1)), pan))
    lead = play_lead(plan, melody, rng)
    if lead is not None:
        seats.append(Seat(lead.notes, lead.level_db, -0.5 * side * width))
    drums = play_drums(plan, rng)
    if drums is not None:
        seats.append(Seat(drums, float(rng.uniform(-2, 1)), 0.0))
    return tuple(seat for seat in seats if seat.notes.notes)
