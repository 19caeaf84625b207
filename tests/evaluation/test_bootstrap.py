import numpy as np
import pytest

from samuel_gen.evaluation.bootstrap import (
    drawn_songs,
    mean_of,
    normalised_mean_of,
    song_means,
    statistic_of,
)


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    draws = drawn_songs(40, draws=300)
    found = [mean_of(rng.standard_normal((40, 1)), draws) for _ in range(300)]
    covered = np.mean([each.low <= 0 <= each.high for each in found])
    assert 0.88 <= covered <= 0.98


def test_four_times_the_songs_halve_it_but_more_seeds_of_the_same_do_not() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.standard_normal((50, 1)), rng.standard_normal((200, 1))
    wide, narrow = (mean_of(each, drawn_songs(len(each))) for each in (few, many))
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(2, rel=0.25)
    repeated = mean_of(few.repeat(10, axis=1), drawn_songs(50))
    assert repeated.high - repeated.low == pytest.approx(wide.high - wide.low)


def test_what_is_unknown_is_left_out() -> None:
    values = np.array([[1.0, np.nan], [3.0, 5.0], [np.nan, np.nan]])
    np.testing.assert_array_equal(song_means(values), [1.0, 4.0, np.nan])
    found = mean_of(values, drawn_songs(3))
    assert found.value == 2.5 and 1 <= found.low <= found.high <= 4
    nothing = mean_of(np.full((3, 2), np.nan), drawn_songs(3))
    assert all(np.isnan(each) for each in (nothing.value, nothing.low, nothing.high))


def test_true_is_1_mismatched_is_0_and_songs_go_together() -> None:
    rng = np.random.default_rng(2)
    hard = 5 * rng.standard_normal((30, 1))  # songs differ more than systems do
    true, other = hard + 1, hard - 1
    draws = drawn_songs(30)
    assert normalised_mean_of(true, true, other, draws).value == pytest.approx(1)
    assert normalised_mean_of(other, true, other, draws).value == pytest.approx(0)
    half = normalised_mean_of(hard, true, other, draws)
    assert (half.value, half.low, half.high) == pytest.approx((0.5, 0.5, 0.5))
    assert np.isnan(normalised_mean_of(hard, true, true, draws).value)


def test_any_statistic_of_songs() -> None:
    values = np.arange(10.0)
    found = statistic_of(lambda chosen: float(np.median(values[chosen])), drawn_songs(10))
    assert found.value == 4.5 and found.low < 4.5 < found.high


def test_the_draws_are_the_same_each_time() -> None:
    assert np.array_equal(drawn_songs(7), drawn_songs(7))
    assert not np.array_equal(drawn_songs(7), drawn_songs(7, seed=1))
    assert drawn_songs(7).max() == 6
