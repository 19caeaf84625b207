import numpy as np
import pytest

from samuel_gen.corpus.band import arrange
from samuel_gen.corpus.drums import DRUMS
from samuel_gen.corpus.melody import compose_melody
from samuel_gen.corpus.plan import plan_song


@pytest.fixture(scope="module")
def bands():
    """Plan, melody and band of songs of all styles, three of each."""
    arranged = []
    for seed in range(45):
        rng = np.random.default_rng([seed, 0])
        plan = plan_song(seed, 36.0, rng)
        melody = compose_melody(plan, 52, 67, rng)
        arranged.append((plan, melody, arrange(plan, melody, rng)))
    return arranged


def test_every_band_has_bass_and_chords_and_ends_with_the_song(bands):
    for plan, _, seats in bands:
        names = [seat.notes.name for seat in seats]
        assert "bass" in names and "chords 1" in names
        for seat in seats:
            assert all(0 <= note.start < note.end for note in seat.notes.notes)
            assert all(1 <= note.velocity <= 127 for note in seat.notes.notes)
            if not seat.notes.is_drums:
                assert seat.notes.notes[-1].end <= plan.seconds


def test_the_bass_starts_chords_on_their_roots_and_approaches_them(bands):
    on_root, chords, approaches = 0, 0, 0
    for plan, _, seats in bands:
        notes = next(seat for seat in seats if seat.notes.name == "bass").notes.notes
        starts = np.array([note.start for note in notes])
        for timed in plan.chords[:-1]:
            near = np.flatnonzero(np.abs(starts - plan.time_of(timed.start)) < 0.03)
            if not len(near):
                continue
            chords += 1
            on_root += notes[near[0]].midi % 12 == timed.chord.root
            before = notes[near[0] - 1].midi if near[0] else None
            approaches += before is not None and 1 <= abs(before - notes[near[0]].midi) <= 2
    assert on_root / chords > 0.85
    assert approaches / chords > 0.1


def test_chord_parts_play_the_tones_of_their_chords(bands):
    right, notes = 0, 0
    for plan, _, seats in bands:
        for seat in (seat for seat in seats if seat.notes.name.startswith("chords")):
            for timed in plan.chords:
                start, stop = plan.time_of(timed.start), plan.time_of(timed.stop)
                inside = [n for n in seat.notes.notes if start + 0.04 < n.start < stop - 0.04]
                notes += len(inside)
                right += sum(n.midi % 12 in timed.chord.pitch_classes for n in inside)
    assert right / notes > 0.99


def test_drums_fill_before_a_new_section_and_crash_upon_it(bands):
    toms = {DRUMS[name] for name in ("snare", "tom_high", "tom_mid", "tom_low")}
    closing, others, bars, crashes = 0, 0, 0, 0
    for plan, _, seats in bands:
        drums = next((seat.notes.notes for seat in seats if seat.notes.is_drums), None)
        if drums is None or not plan.style.fills:
            continue
        steps, beat = plan.style.meter.steps, plan.style.meter.steps_per_beat
        for section in plan.sections[1:-1]:
            stop = section.first_bar + section.bars
            for bar in (stop - 1, stop - 2):
                first = plan.time_of((bar + 1) * steps - beat) - 0.02
                last = plan.time_of((bar + 1) * steps) - 0.02
                strokes = sum(first <= n.start < last and n.midi in toms for n in drums)
                closing += strokes if bar == stop - 1 else 0
                others += strokes if bar == stop - 2 else 0
            bars += 1
        crashes += sum(note.midi == DRUMS["crash"] for note in drums)
    assert closing > 1.8 * others and closing / bars > 1.5
    assert crashes > 20


def test_the_lead_plays_where_the_voice_rests(bands):
    together, alone = 0.0, 0.0
    for _, melody, seats in bands:
        lead = next((seat.notes.notes for seat in seats if seat.notes.name == "lead"), ())
        for note in lead:
            sung = sum(max(0.0, min(note.end, m.end) - max(note.start, m.start)) for m in melody)
            together += sung
            alone += note.end - note.start - sung
    assert alone > 0 and together / (together + alone) < 0.1


def test_no_two_strokes_are_quite_alike(bands):
    _, _, seats = bands[0]
    for seat in seats:
        velocities = [note.velocity for note in seat.notes.notes]
        assert len(set(velocities)) > min(4, len(velocities) / 3)
