from dataclasses import replace

import numpy as np

from samuel_gen.corpus.bass import play_bass


def test_bass_starts_chords_on_their_bass_note_and_approaches_it(arrangements):
    on_bass, chords, approaches = 0, 0, 0
    for plan, _, parts in arrangements:
        notes = next((p.part.notes for p in parts if p.part.name == "bass"), ())
        starts = np.array([note.start for note in notes])
        for timed in plan.chords[:-1]:
            near = np.flatnonzero(np.abs(starts - plan.time_of(timed.start)) < 0.03)
            if not len(near):
                continue
            chords += 1
            on_bass += notes[near[0]].midi % 12 == timed.chord.bass
            before = notes[near[0] - 1].midi if near[0] else None
            approaches += before is not None and 1 <= abs(before - notes[near[0]].midi) <= 2
    assert on_bass / chords > 0.85
    assert approaches / chords > 0.1


def test_bass_plays_the_bass_of_a_slash_chord_and_nothing_in_a_break(four_bars):
    tonic, *others = four_bars.chords
    over_fifth = replace(tonic, chord=replace(tonic.chord, bass=7))
    pause = replace(others[0], is_break=True)
    plan = replace(four_bars, chords=(over_fifth, pause, *others[1:]))
    notes = play_bass(plan, np.random.default_rng(0)).part.notes
    edges = [plan.time_of(16 * bar) - 0.05 for bar in range(3)]
    first = [note for note in notes if edges[0] <= note.start < edges[1]]
    assert first[0].midi % 12 == 7
    assert not [note for note in notes if edges[1] <= note.start < edges[2]]


def test_pattern_characters_name_chord_tones(four_bars):
    part = replace(four_bars.style.bass, calm=("R---3---5---8---",))
    plan = replace(four_bars, style=replace(four_bars.style, bass=part))
    notes = play_bass(plan, np.random.default_rng(0)).part.notes
    chords = ((0, 4, 7), (5, 9, 0), (7, 11, 2), (9, 0, 4))
    expected = [pitch for root, third, fifth in chords for pitch in (root, third, fifth, root)]
    assert [note.midi % 12 for note in notes] == [*expected, 0]
    assert notes[3].midi == 48  # an octave above the root that is nearest to low + 8


def test_walking_bass_never_repeats_a_note(four_bars):
    part = replace(four_bars.style.bass, calm=("R---w---w---w---",))
    plan = replace(four_bars, style=replace(four_bars.style, bass=part))
    for seed in range(10):
        notes = play_bass(plan, np.random.default_rng(seed)).part.notes[:-1]
        for bar in range(4):
            pitches = [note.midi for note in notes[4 * bar : 4 * bar + 4]]
            assert all(one != other for one, other in zip(pitches[:-1], pitches[1:], strict=True))
            assert {pitch % 12 for pitch in pitches} <= set(plan.chords[bar].chord.pitch_classes)
