import time

import numpy as np
import pytest
import torch

from samuel_gen.benchmark.timing import Row, compare_with_baseline, run_in_process, time_in_turn

CPU = torch.device("cpu")


def test_spread_is_half_the_interquartile_range() -> None:
    row = Row("s", "n", "ms", [9.0, 10.0, 11.0, 10.0, 100.0])
    assert row.median == 10
    assert row.spread == pytest.approx(0.05)  # quartiles at 10 and 11
    assert Row("s", "n", "ms", [3.0]).spread == 0


def test_runs_take_turns_after_a_warm_up() -> None:
    calls: list[str] = []
    found = time_in_turn({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3, CPU)
    assert calls == ["a", "b"] + 3 * ["a", "b"]
    assert {name: len(runs) for name, runs in found.items()} == {"a": 3, "b": 3}


def test_seconds_are_those_of_the_function() -> None:
    found = time_in_turn({"waits": lambda: time.sleep(0.03), "returns": lambda: None}, 3, CPU)
    assert min(found["waits"]) >= 0.03 > max(found["returns"])


def test_ratio_is_the_median_over_turns() -> None:
    """In the second turn the machine was ten times slower for both."""
    seconds = {"plain": [4.0, 40.0, 4.0], "fast": [2.0, 20.0, 1.0]}
    rows = compare_with_baseline("s", seconds, "plain")
    assert [row.ratio for row in rows] == [1, 2]
    assert rows[1].values == [2000, 20_000, 1000] and rows[1].unit == "ms"


def allocate(megabytes: int) -> int:
    return np.ones(megabytes * 2**17).nbytes


def test_memory_excludes_that_of_the_parent() -> None:
    ballast = np.ones(700 * 2**17)
    found, small = run_in_process(allocate, 1)
    assert found == 2**20
    _, large = run_in_process(allocate, 400)
    assert 350 < large - small < 450
    assert small < ballast.nbytes / 2**20
