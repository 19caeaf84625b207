from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus.form import Section
from samuel_gen.corpus.musician import Hit, Musician, assign_patterns, nearest_pitch, read_hits


def test_hits_start_at_characters_and_last_through_hyphens():
    assert read_hits("R--.5-..", 0, 8) == [Hit(0, 3, "R"), Hit(4, 2, "5")]


def test_long_patterns_repeat_over_the_bars():
    pattern = "R---5---"
    assert [read_hits(pattern, bar, 4)[0].char for bar in range(4)] == ["R", "5", "R", "5"]
    assert [read_hits(pattern, bar, 4)[0].step for bar in range(4)] == [0, 4, 8, 12]


@pytest.mark.parametrize(("pitch_class", "near", "pitch"), [(0, 61, 60), (0, 67, 72), (11, 60, 59)])
def test_nearest_pitch_of_a_class(pitch_class, near, pitch):
    assert nearest_pitch(pitch_class, near, 48, 84) == pitch


def test_part_rests_below_its_least_energy(four_bars):
    sections = (Section("verse", 0, 2, 0.3), Section("chorus", 2, 2, 0.8))
    plan = replace(four_bars, sections=sections)
    role = replace(plan.style.bass, calm=("R" + 15 * "-",), lively=(16 * "R",), min_energy=0.5)
    musician = Musician(plan, role, np.random.default_rng(0))
    assert assign_patterns(plan, role, musician) == [(2, 16 * "R"), (3, 16 * "R")]
    always = replace(role, min_energy=0.0)
    assert [bar for bar, _ in assign_patterns(plan, always, musician)] == [0, 1, 2, 3]


def test_notes_lie_near_steps_and_very_short_ones_are_dropped(four_bars):
    musician = Musician(four_bars, four_bars.style.bass, np.random.default_rng(0))
    for step in range(0, 64, 4):
        musician.add(40, step, 4, 90.0)
    times = [four_bars.time_of(step) for step in range(0, 64, 4)]
    assert [note.start for note in musician.notes] == pytest.approx(times, abs=0.04)
    assert len({note.velocity for note in musician.notes}) > 4
    musician.add(40, 0, 0, 90.0)
    assert len(musician.notes) == 16
