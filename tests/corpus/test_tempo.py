import numpy as np
import pytest

from samuel_gen.corpus.plan import plan_song
from samuel_gen.corpus.tempo import LARGEST_DRIFT, STEADY_SHARE, draw_beat_times

BARS, BEATS, TEMPO = 24, 4, 90.0


def _draw(seed: int, bars: int = BARS) -> np.ndarray:
    """Return the lengths of the beats relative to the mean; empty if the tempo is steady."""
    times = draw_beat_times([0, 8, 16], bars, BEATS, TEMPO, np.random.default_rng(seed))
    return np.diff(times) * TEMPO / 60


@pytest.fixture(scope="module")
def drawn():
    return [_draw(seed) for seed in range(400)]


def test_nearly_half_of_the_songs_are_steady(drawn):
    assert np.mean([len(lengths) == 0 for lengths in drawn]) == pytest.approx(
        STEADY_SHARE, abs=0.06
    )


def test_bars_take_as_long_as_at_the_mean_tempo(drawn):
    for lengths in filter(len, drawn):
        assert len(lengths) == (BARS + 1) * BEATS
        assert lengths[: BARS * BEATS].sum() == pytest.approx(BARS * BEATS, abs=1e-4)


def test_tempo_drifts_smoothly_within_its_limits_most_of_the_time(drawn):
    drifting = np.array([lengths for lengths in drawn if len(lengths)])
    middle = drifting / np.median(drifting, axis=1, keepdims=True)
    assert np.percentile(np.abs(middle - 1), 80) < LARGEST_DRIFT
    assert np.median(np.ptp(middle[:, :60], axis=1)) > 0.03
    assert np.median(np.abs(np.diff(middle, axis=1))) < 0.02
    assert drifting.min() > 0.7 and drifting.max() < 3


def test_some_songs_hold_a_beat_before_a_section_and_some_slow_down_at_the_end(drawn):
    drifting = np.array([lengths for lengths in drawn if len(lengths)])
    held = (drifting[:, [31, 63]] > 1.4).any(axis=1)
    assert 0.1 < held.mean() < 0.4
    others = np.delete(drifting[:, : BARS * BEATS - 2 * BEATS], [31, 63], axis=1)
    assert others.max() < 1.5
    slows = drifting[:, BARS * BEATS - 1] > 1.25 * np.median(drifting, axis=1)
    assert 0.2 < slows.mean() < 0.6


def test_short_songs_hold_no_beat():
    lengths = [_draw(seed, bars=4) for seed in range(100)]
    assert max(each[:8].max() for each in lengths if len(each)) < 1.4


def test_steps_of_a_drifting_plan_follow_its_beats():
    plans = [plan_song(seed, 40.0, np.random.default_rng(seed)) for seed in range(40)]
    for plan in (plan for plan in plans if plan.beat_times):
        per_beat = plan.style.meter.steps_per_beat
        beats = [plan.time_of(per_beat * beat) for beat in range(len(plan.beat_times))]
        assert np.subtract(beats, plan.lead_in) == pytest.approx(plan.beat_times)
        times = [plan.time_of(step) for step in range(-8, per_beat * len(beats) + 8)]
        assert min(np.diff(times)) > 0
        first, last = np.diff(plan.beat_times)[[0, -1]]
        assert plan.lead_in - plan.time_of(-2 * per_beat) == pytest.approx(2 * first)
        assert plan.time_of(per_beat * (len(beats) + 1)) - beats[-1] == pytest.approx(2 * last)
