from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus.comping import play_chords
from samuel_gen.corpus.harmony import TimedChord
from samuel_gen.corpus.plan import Plan
from samuel_gen.corpus.score import Note


def _play(plan: Plan, pattern: str) -> list[tuple[Note, ...]]:
    """Return the notes of each bar of a part with one pattern, lowest first."""
    part = replace(plan.style.chords[0], calm=(pattern,), programs=(0,))
    notes = play_chords(plan, part, "chords 1", np.random.default_rng(0)).part.notes
    edges = [plan.time_of(16 * bar) - 0.05 for bar in range(plan.bars + 1)]
    return [
        tuple(sorted((n for n in notes if start <= n.start < stop), key=lambda n: n.midi))
        for start, stop in zip(edges[:-1], edges[1:], strict=True)
    ]


def test_chord_parts_play_the_tones_of_their_chords(arrangements):
    right, notes = 0, 0
    for plan, _, parts in arrangements:
        for placed in (placed for placed in parts if placed.part.name.startswith("chords")):
            for timed in plan.chords:
                start, stop = plan.time_of(timed.start), plan.time_of(timed.stop)
                inside = [n for n in placed.part.notes if start + 0.04 < n.start < stop - 0.04]
                assert not (timed.is_break and inside)
                notes += len(inside)
                right += sum(n.midi % 12 in timed.chord.pitch_classes for n in inside)
    assert right / notes > 0.99


@pytest.mark.parametrize(
    ("pattern", "count"),
    [("X---------------", 3), ("b-------h-------", 3), ("h---------------", 2)],
)
def test_pattern_characters_choose_the_voices(four_bars, pattern, count):
    for bar, (notes, timed) in enumerate(
        zip(_play(four_bars, pattern), four_bars.chords[:4], strict=True)
    ):
        assert len(notes) == count, bar
        assert {note.midi % 12 for note in notes} <= set(timed.chord.pitch_classes)


def test_digits_play_single_voices_from_below(four_bars):
    for notes in _play(four_bars, "1---2---3---4---"):
        assert [note.start for note in notes] == sorted(note.start for note in notes)
        assert notes[3].midi == notes[0].midi + 12


def test_held_chord_is_struck_again_when_the_harmony_changes(four_bars):
    first, second = four_bars.chords[:2]
    halves = (TimedChord(0, 8, first.chord), TimedChord(8, 16, second.chord))
    plan = replace(four_bars, chords=(*halves, *four_bars.chords[1:]))
    bar = _play(plan, "X---------------")[0]
    change = plan.time_of(8)
    before = {note.midi % 12 for note in bar if note.start < change - 0.05}
    after = {note.midi % 12 for note in bar if note.start > change - 0.05}
    assert before == set(first.chord.pitch_classes) and after == set(second.chord.pitch_classes)
    assert all(note.end <= change + 0.05 for note in bar if note.start < change - 0.05)
