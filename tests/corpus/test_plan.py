from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus.plan import Plan, plan_song
from samuel_gen.corpus.styles.catalogue import CORE_STYLES, STYLES
from samuel_gen.corpus.styles.style import Style


def _plan(seed: int, seconds: float = 48.0) -> Plan:
    return plan_song(seed, seconds, np.random.default_rng([seed, 0]))


def test_twelve_consecutive_seeds_have_twelve_keys():
    for block in range(5):
        assert {_plan(12 * block + i).tonic for i in range(12)} == set(range(12))


@pytest.mark.parametrize("styles", [CORE_STYLES, STYLES], ids=["core", "all"])
def test_consecutive_seeds_cover_all_styles(styles: tuple[Style, ...]) -> None:
    plans = [plan_song(s, 48.0, np.random.default_rng(s), styles) for s in range(len(styles))]
    assert {plan.style.name for plan in plans} == {style.name for style in styles}


def test_all_styles_are_25_or_more_in_four_meters_from_50_to_200_beats_per_minute() -> None:
    assert len(STYLES) >= 25
    assert {style.meter.name for style in STYLES} == {"4/4", "3/4", "6/8", "12/8"}
    assert min(style.tempo[0] for style in STYLES) == 50
    assert max(style.tempo[1] for style in STYLES) == 200


def test_both_modes_and_many_tempi_occur():
    plans = [_plan(seed) for seed in range(60)]
    minor = sum(plan.mode == "minor" for plan in plans) / len(plans)
    assert 0.2 < minor < 0.6
    usual = [plan.style.tempo[0] <= plan.tempo <= plan.style.tempo[1] for plan in plans]
    assert 0.75 < np.mean(usual) < 1
    assert all(50 <= plan.tempo <= 180 for plan in plans)
    assert len({round(plan.tempo / 10) for plan in plans}) >= 10


def test_some_songs_begin_late_and_some_without_intro():
    plans = [_plan(seed) for seed in range(100)]
    assert 0.05 < np.mean([plan.lead_in > 1 for plan in plans]) < 0.3
    assert 0.05 < np.mean([plan.sections[0].name != "intro" for plan in plans]) < 0.3
    assert all(_plan(seed, 10.0).lead_in < 0.4 for seed in range(100))


def test_sections_cover_all_bars_and_namesakes_share_harmony():
    repeats = 0
    for seed in range(40):
        plan = _plan(seed, 90.0)
        steps = plan.style.meter.steps
        at = 0
        harmony: dict[str, list] = {}
        for section in plan.sections:
            assert section.first_bar == at
            at += section.bars
            start = section.first_bar * steps
            stop = start + 3 * steps
            chords = [
                (timed.start - start, timed.chord)
                for timed in plan.chords
                if start <= timed.start < stop
            ]
            if section.bars >= 4:
                assert harmony.setdefault(section.name, chords) == chords
        assert at == plan.bars
        repeats += len(plan.sections) > len({section.name for section in plan.sections})
    assert repeats > 30


def test_chords_follow_each_other_without_gaps():
    for seed in range(40):
        chords = _plan(seed).chords
        assert chords[0].start == 0
        for one, other in zip(chords[:-1], chords[1:], strict=True):
            assert one.stop == other.start > one.start


@pytest.mark.parametrize("seconds", [6.0, 20.0, 180.0])
def test_bars_fill_the_time_to_within_a_bar(seconds):
    for seed in range(30):
        plan = _plan(seed, seconds)
        bar = plan.style.meter.beats * 60 / plan.tempo
        assert abs(plan.lead_in + plan.bars * bar - seconds) <= bar
        assert plan.bars >= 1


def test_swing_moves_off_beats_only():
    plan = _plan(next(seed for seed in range(20) if _plan(seed).style.swing > 0.6))
    beat = 60 / plan.tempo
    plan = replace(plan, beat_times=())
    straight = [plan.time_of(4 * i) - plan.lead_in for i in range(8)]
    assert straight == pytest.approx([i * beat for i in range(8)])
    assert plan.time_of(2) - plan.lead_in == pytest.approx(plan.style.swing * beat)
