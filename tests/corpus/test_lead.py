from dataclasses import replace

import numpy as np

from samuel_gen.corpus.lead import play_lead
from samuel_gen.corpus.score import Note


def test_lead_plays_in_the_rests_of_the_vocal(arrangements):
    together, alone = 0.0, 0.0
    for _, melody, parts in arrangements:
        lead = next((placed.part.notes for placed in parts if placed.part.name == "lead"), ())
        for note in lead:
            sung = sum(max(0.0, min(note.end, m.end) - max(note.start, m.start)) for m in melody)
            together += sung
            alone += note.end - note.start - sung
    assert alone > 0 and together / (together + alone) < 0.1


def test_no_lead_plays_without_rests(four_bars):
    style = replace(four_bars.style, lead=replace(four_bars.style.lead, presence=1.0))
    plan = replace(four_bars, style=style)
    rests, whole = (), (Note(0.0, 10.0, 60),)
    assert all(play_lead(plan, whole, np.random.default_rng(seed)) is None for seed in range(10))
    assert any(play_lead(plan, rests, np.random.default_rng(seed)) for seed in range(10))


def test_no_lead_plays_in_a_break(four_bars):
    style = replace(four_bars.style, lead=replace(four_bars.style.lead, presence=1.0))
    chords = tuple(replace(timed, is_break=True) for timed in four_bars.chords)
    plan = replace(four_bars, style=style, chords=chords)
    assert all(play_lead(plan, (), np.random.default_rng(seed)) is None for seed in range(10))


def test_lead_plays_chord_tones_on_beats(arrangements):
    for plan, _, parts in arrangements:
        role = plan.style.lead
        lead = next((placed.part.notes for placed in parts if placed.part.name == "lead"), ())
        assert all(role.low <= note.midi <= role.high for note in lead)
        beat = plan.style.meter.steps_per_beat
        beats = {
            beat * i: plan.time_of(beat * i) for i in range(plan.bars * plan.style.meter.beats)
        }
        for note in lead:
            step = min(beats, key=lambda step: abs(beats[step] - note.start))
            if abs(beats[step] - note.start) < 0.03:
                assert note.midi % 12 in plan.chord_at(step).chord.pitch_classes
