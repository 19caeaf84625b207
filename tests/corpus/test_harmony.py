from collections import Counter

import numpy as np
import pytest

from samuel_gen.corpus.plan import plan_song
from samuel_gen.lead_sheet.chord import qualities


@pytest.fixture(scope="module")
def plans():
    return [plan_song(seed, 48.0, np.random.default_rng([seed, 0])) for seed in range(450)]


def test_every_quality_occurs_and_plain_chords_are_the_majority(plans):
    counts = Counter(timed.chord.quality for plan in plans for timed in plan.chords)
    assert set(counts) == set(qualities())
    plain = sum(counts[quality] for quality in ("", "m", "7", "m7", "maj7"))
    assert 0.7 < plain / counts.total() < 0.95


def test_chords_lie_on_beats_and_cover_all_bars(plans):
    for plan in plans:
        meter = plan.style.meter
        assert plan.chords[0].start == 0
        assert plan.chords[-1].start == plan.bars * meter.steps
        for one, other in zip(plan.chords[:-1], plan.chords[1:], strict=True):
            assert one.stop == other.start > one.start
            assert other.start % meter.steps_per_beat == 0


def test_some_chords_have_another_bass_and_some_songs_a_pedal(plans):
    slashed = [timed.chord.bass != timed.chord.root for plan in plans for timed in plan.chords]
    assert 0.03 < np.mean(slashed) < 0.2
    pedals = 0
    for plan in plans:
        intro = plan.sections[0]
        chords = [
            timed.chord
            for timed in plan.chords
            if timed.start < intro.bars * plan.style.meter.steps
        ]
        is_moving = len({chord.root for chord in chords}) > 1
        pedals += is_moving and {chord.bass for chord in chords} == {plan.tonic}
    assert pedals > 5


def test_breaks_end_sections_in_some_songs(plans):
    songs = 0
    for plan in plans:
        steps = plan.style.meter.steps
        ends = {section.first_bar + section.bars for section in plan.sections[:-1]}
        pauses = [timed for timed in plan.chords if timed.is_break]
        songs += bool(pauses)
        for timed in pauses:
            assert -(-timed.stop // steps) in ends
    assert 0.05 < songs / len(plans) < 0.25
