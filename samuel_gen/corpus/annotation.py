"""The score of a rendered song, collected from its plan, melody and parts."""

from samuel_gen.corpus.musician import PlacedPart
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import ChordSpan, Note, Score, SectionSpan
from samuel_gen.corpus.singers import Singer


def annotate(
    seed: int,
    plan: Plan,
    singer: Singer,
    melody: tuple[Note, ...],
    parts: tuple[PlacedPart, ...],
) -> Score:
    """Return the score of a song.

    Args:
        seed: the seed of the song.
        plan: the plan of the song.
        singer: the singer of the melody.
        melody: the melody as it is sung.
        parts: the parts of the accompaniment.
    """
    meter = plan.style.meter
    beats = [_time_of(plan, beat * meter.steps_per_beat) for beat in range(_count_beats(plan))]
    downbeats = beats[:: meter.beats]
    times = [beat for beat in beats if beat < plan.seconds]
    mean_tempo = round(60 * (len(times) - 1) / (times[-1] - times[0]), 2)
    return Score(
        seed=seed,
        style=plan.style.name,
        tonic=plan.tonic,
        mode=plan.mode,
        tempo=mean_tempo if plan.beat_times else plan.tempo,
        meter=meter.name,
        voice=singer.name,
        tuning_cents=singer.tuning_cents,
        beats=tuple(times),
        downbeats=tuple(beat for beat in downbeats if beat < plan.seconds),
        sections=_section_spans(plan),
        chords=_chord_spans(plan),
        melody=melody,
        parts=tuple(placed.part for placed in parts),
    )


def _count_beats(plan: Plan) -> int:
    """The number of beats, with those of the bar in which the final chord rings."""
    return (plan.bars + 1) * plan.style.meter.beats


def _time_of(plan: Plan, step: int) -> float:
    """The time of a step [s], at most the length of the song."""
    return round(min(plan.time_of(step), plan.seconds), 6)


def _chord_spans(plan: Plan) -> tuple[ChordSpan, ...]:
    """The chords in seconds; the final chord lasts to the end of the song."""
    spans = []
    for timed in plan.chords:
        start, stop = _time_of(plan, timed.start), _time_of(plan, timed.stop)
        if timed is plan.chords[-1]:
            stop = plan.seconds
        if stop - start > 0.01 and not timed.is_break:
            spans.append(ChordSpan.of(timed.chord, start, stop))
    return tuple(spans)


def _section_spans(plan: Plan) -> tuple[SectionSpan, ...]:
    """The sections in seconds."""
    steps = plan.style.meter.steps
    return tuple(
        SectionSpan(
            _time_of(plan, section.first_bar * steps),
            _time_of(plan, (section.first_bar + section.bars) * steps),
            section.name,
        )
        for section in plan.sections
    )
