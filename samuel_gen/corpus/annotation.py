"""What is known of a song, gathered into its score."""

from samuel_gen.corpus.musician import Seat
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import ChordSpan, Note, Score, SectionSpan
from samuel_gen.corpus.voices import Voice


def annotated(
    seed: int, plan: Plan, voice: Voice, melody: tuple[Note, ...], seats: tuple[Seat, ...]
) -> Score:
    """The score of a plan, the melody sung over it and the band that played it."""
    meter = plan.style.meter
    end = plan.seconds

    def time_of(step: int) -> float:
        return round(min(plan.time_of(step), end), 6)

    last = plan.bars + 1
    beats = [time_of(beat * meter.steps_per_beat) for beat in range(last * meter.beats)]
    downbeats = [time_of(bar * meter.steps) for bar in range(last)]
    chords = []
    for timed in plan.chords:
        start, stop = time_of(timed.start), time_of(timed.stop)
        if timed is plan.chords[-1]:
            stop = end
        if stop - start > 0.01:
            tones = timed.chord.pitch_classes
            chords.append(ChordSpan(start, stop, timed.chord.root, timed.chord.quality, tones))
    sections = tuple(
        SectionSpan(
            time_of(section.first_bar * meter.steps),
            time_of((section.first_bar + section.bars) * meter.steps),
            section.name,
        )
        for section in plan.sections
    )
    return Score(
        seed=seed,
        style=plan.style.name,
        tonic=plan.tonic,
        mode=plan.mode,
        tempo=plan.tempo,
        meter=meter.name,
        voice=voice.name,
        tuning_cents=voice.tuning_cents,
        beats=tuple(beat for beat in beats if beat < end),
        downbeats=tuple(beat for beat in downbeats if beat < end),
        sections=sections,
        chords=tuple(chords),
        melody=melody,
        parts=tuple(seat.notes for seat in seats),
    )
