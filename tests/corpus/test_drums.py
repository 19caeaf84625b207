from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus.drums import DRUMS, Drummer, play_drums
from samuel_gen.corpus.styles.style import Groove


def test_drums_fill_before_a_section_and_crash_on_it(arrangements):
    toms = {DRUMS[name] for name in ("snare", "tom_high", "tom_mid", "tom_low")}
    closing, others, bars, crashes = 0, 0, 0, 0
    for plan, _, parts in arrangements:
        drums = next((placed.part.notes for placed in parts if placed.part.is_drums), None)
        if drums is None or not plan.style.has_fills:
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


def test_groove_is_played_on_its_steps_and_within_its_range(four_bars):
    drummer = Drummer(four_bars, np.random.default_rng(0))
    drummer.play_groove(Groove((("kick", "X...x...o...g..."),)), 1, range(12))
    times = [four_bars.time_of(step) for step in (16, 20, 24)]
    assert [note.start for note in drummer.notes] == pytest.approx(times, abs=0.03)
    assert [note.velocity for note in drummer.notes] == pytest.approx([112, 92, 64], abs=20)
    assert {note.midi for note in drummer.notes} == {DRUMS["kick"]}


def test_fill_lies_at_the_end_of_its_bar_and_gets_louder(four_bars):
    drummer = Drummer(four_bars, np.random.default_rng(0))
    for _ in range(20):
        drummer.play_fill(2, 8)
    middle = four_bars.time_of(2 * 16 + 12)
    assert min(note.start for note in drummer.notes) > four_bars.time_of(2 * 16 + 8) - 0.03
    assert max(note.start for note in drummer.notes) < four_bars.time_of(3 * 16)
    early = [note.velocity for note in drummer.notes if note.start < middle - 0.03]
    late = [note.velocity for note in drummer.notes if note.start >= middle - 0.03]
    assert np.mean(late) > np.mean(early) + 10


def test_some_drummers_keep_silent_in_a_break(four_bars):
    chords = tuple(
        replace(timed, is_break=number == 1) for number, timed in enumerate(four_bars.chords)
    )
    plan = replace(four_bars, chords=chords, style=replace(four_bars.style, has_fills=False))
    strokes = []
    for seed in range(30):
        drums = play_drums(plan, np.random.default_rng(seed))
        start, stop = plan.time_of(16) - 0.05, plan.time_of(32) - 0.05
        strokes.append(sum(start <= note.start < stop for note in drums.notes))
    assert 0.3 < np.mean(np.array(strokes) == 0) < 0.9


def test_presence_of_drums_is_a_probability(four_bars):
    for presence, parts in ((0.0, 0), (1.0, 20)):
        plan = replace(four_bars, style=replace(four_bars.style, drums_presence=presence))
        played = [play_drums(plan, np.random.default_rng(seed)) for seed in range(20)]
        assert sum(part is not None for part in played) == parts
