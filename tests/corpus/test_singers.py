import numpy as np

from samuel_gen.corpus.singers import SINGERS, UNHEARD_SINGERS, draw_singer, individualise


def test_drawn_singers_differ_and_are_nearly_in_tune():
    singers = [draw_singer(np.random.default_rng(seed)) for seed in range(200)]
    assert max(abs(singer.tuning_cents) for singer in singers) <= 10
    assert np.median([abs(singer.tuning_cents) for singer in singers]) < 4
    assert {singer.name for singer in singers} == {singer.name for singer in SINGERS}
    assert any(singer.hums for singer in singers)
    assert np.std([singer.tract for singer in singers]) > 0.05
    assert np.ptp([singer.low for singer in singers]) > 15


def test_habits_go_beyond_drawn_singers_and_keep_the_range():
    drawn = [draw_singer(np.random.default_rng(seed)) for seed in range(300)]
    singers = [individualise(one, np.random.default_rng(i)) for i, one in enumerate(drawn)]
    for name, times in (("vibrato_cents", 1.5), ("breath", 2), ("intonation_cents", 2)):
        before, after = (max(getattr(one, name) for one in group) for group in (drawn, singers))
        assert after > times * before, name
    assert any(singer.whistles for singer in singers)
    assert np.std([singer.accent for singer in singers], axis=0).min() > 0.03
    assert [(one.low, one.high, one.tuning_cents) for one in singers] == [
        (one.low, one.high, one.tuning_cents) for one in drawn
    ]


def test_unheard_singers_lie_beyond_all_others():
    drawn = [draw_singer(np.random.default_rng(seed)) for seed in range(400)]
    unheard = {singer.name: singer for singer in UNHEARD_SINGERS}
    assert not set(unheard) & {singer.name for singer in SINGERS}
    assert unheard["profundo"].tract < min(singer.tract for singer in drawn)
    assert unheard["treble"].tract > max(singer.tract for singer in drawn)
    names = {draw_singer(np.random.default_rng(s), UNHEARD_SINGERS).name for s in range(30)}
    assert names == set(unheard)
