"""Arms of runs with known metrics, and their statistics."""

import math

import pytest

from samuel_gen.sweeps.arms import (
    Arm,
    differing_settings,
    find_best_arm,
    group_into_arms,
    half_interval,
)
from tests.sweeps.conftest import make_run


def test_runs_that_differ_only_in_their_seed_are_one_arm(runs, arms) -> None:
    assert differing_settings(runs) == ["model.window_size"]
    assert [arm.label for arm in arms] == ["window_size=4", "window_size=8", "window_size=16"]
    assert [len(arm.runs) for arm in arms] == [2, 2, 2]
    (alone,) = group_into_arms(runs[:2], "val/mse")
    assert alone.label == "all runs" and len(alone.runs) == 2


def test_statistics_are_over_the_counted_runs(arms) -> None:
    assert arms[0].mean == pytest.approx(0.7) and arms[1].mean == pytest.approx(0.45)
    assert arms[0].std == pytest.approx(0.2 / math.sqrt(2))
    assert math.isnan(arms[2].mean) and math.isnan(arms[2].std)


def test_the_best_arm_has_the_lowest_or_highest_mean(arms) -> None:
    assert find_best_arm(arms) is arms[1]
    assert find_best_arm(arms, highest=True) is arms[0]
    assert find_best_arm([arms[2]]) is None


def test_differences_are_taken_seed_by_seed(arms) -> None:
    assert arms[0].differences_to(arms[1]) == pytest.approx([0.3, 0.2])
    other_seed = Arm({}, [make_run(4, 7, 0.9)], "val/mse")
    assert other_seed.differences_to(arms[1]) == []


def test_the_interval_is_students() -> None:
    assert half_interval([1.0, 2.0, 3.0]) == pytest.approx(4.3027 / math.sqrt(3), rel=1e-4)
    assert half_interval([0.0, 2.0]) == pytest.approx(12.7062, rel=1e-4)
    assert math.isnan(half_interval([1.0]))


def test_the_mean_curve_has_the_steps_of_all_counted_runs() -> None:
    runs = [make_run(4, 0, 1.0, 0.8, 0.6), make_run(4, 1, 0.4, 0.2, every=20)]
    arm = Arm({}, runs, "val/mse")
    assert arm.mean_curve() == [(20.0, pytest.approx(0.6))]
    with_failure = Arm({}, [*runs, make_run(4, 2, 9.0, trouble="failed: no")], "val/mse")
    assert with_failure.mean_curve() == arm.mean_curve()
