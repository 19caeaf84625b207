"""Coverage, width and normalisation of the bootstrap intervals."""

import numpy as np
import pytest

from samuel_gen.evaluation.bootstrap import (
    draw_songs,
    mean_interval,
    normalised_interval,
    song_means,
    statistic_interval,
)


def test_the_interval_covers_the_truth_in_about_95_percent() -> None:
    rng = np.random.default_rng(0)
    draws = draw_songs(40, draws=300)
    found = [mean_interval(rng.standard_normal((40, 1)), draws) for _ in range(300)]
    covered = np.mean([each.low <= 0 <= each.high for each in found])
    assert 0.88 <= covered <= 0.98


def test_more_songs_narrow_the_interval_but_more_seeds_do_not() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.standard_normal((50, 1)), rng.standard_normal((200, 1))
    wide, narrow = (mean_interval(each, draw_songs(len(each))) for each in (few, many))
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(2, rel=0.25)
    repeated = mean_interval(few.repeat(10, axis=1), draw_songs(50))
    assert repeated.high - repeated.low == pytest.approx(wide.high - wide.low)


def test_nan_is_left_out() -> None:
    values = np.array([[1.0, np.nan], [3.0, 5.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(song_means(values), [1.0, 4.0, np.nan])
    found = mean_interval(values, draw_songs(3))
    assert found.value == 2.5 and 1 <= found.low <= found.high <= 4
    nothing = mean_interval(np.full((3, 2), np.nan), draw_songs(3))
    assert all(np.isnan(each) for each in (nothing.value, nothing.low, nothing.high))


def test_true_scores_1_and_mismatched_0_with_paired_songs() -> None:
    rng = np.random.default_rng(2)
    hard = 5 * rng.standard_normal((30, 1))  # songs differ more than systems do
    true, other = hard + 1, hard - 1
    draws = draw_songs(30)
    assert normalised_interval(true, true, other, draws).value == pytest.approx(1)
    assert normalised_interval(other, true, other, draws).value == pytest.approx(0)
    half = normalised_interval(hard, true, other, draws)
    assert (half.value, half.low, half.high) == pytest.approx((0.5, 0.5, 0.5))
    assert np.isnan(normalised_interval(hard, true, true, draws).value)


def test_any_statistic_has_an_interval() -> None:
    values = np.arange(10.0)
    found = statistic_interval(lambda songs: float(np.median(values[songs])), draw_songs(10))
    assert found.value == 4.5 and found.low < 4.5 < found.high


def test_the_draws_depend_on_the_seed_only() -> None:
    assert np.array_equal(draw_songs(7), draw_songs(7))
    assert not np.array_equal(draw_songs(7), draw_songs(7, seed=1))
    assert draw_songs(7).max() == 6


def test_equal_sets_are_computed_once_and_counted_each_time() -> None:
    draws = draw_songs(3)
    seen = []

    def mean(drawn: np.ndarray) -> float:
        seen.append(tuple(drawn))
        return float(np.array([1.0, 2.0, 9.0])[drawn].mean())

    found = statistic_interval(mean, draws)
    assert len(seen) == len(set(map(tuple, map(sorted, draws)))) + 1 == 11
    means = np.array([1.0, 2.0, 9.0])[draws].mean(1)
    assert [found.low, found.high] == pytest.approx(list(np.percentile(means, [2.5, 97.5])))
