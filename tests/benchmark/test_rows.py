import time

import numpy as np
import pytest
import torch

from samuel_gen.benchmark.rows import Row, alone, compared, timed

CPU = torch.device("cpu")


def test_median_and_half_the_distance_of_the_quartiles() -> None:
    row = Row("s", "n", "ms", [9.0, 10.0, 11.0, 10.0, 100.0])
    assert row.median == 10
    assert row.spread == pytest.approx(0.05)  # quartiles at 10 and 11
    assert Row("s", "n", "ms", [3.0]).spread == 0


def test_runs_take_turns_after_one_to_warm_up() -> None:
    calls: list[str] = []
    found = timed({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 3, CPU)
    assert calls == ["a", "b"] + 3 * ["a", "b"]
    assert {name: len(runs) for name, runs in found.items()} == {"a": 3, "b": 3}


def test_what_is_timed_is_the_function() -> None:
    found = timed({"waits": lambda: time.sleep(0.03), "does not": lambda: None}, 3, CPU)
    assert min(found["waits"]) >= 0.03 > max(found["does not"])


def test_a_ratio_is_the_median_over_the_turns() -> None:
    """In the second turn the machine was ten times slower for both."""
    rows = compared("s", {"plain": [4.0, 40.0, 4.0], "fast": [2.0, 20.0, 1.0]}, "plain")
    assert [row.ratio for row in rows] == [1, 2]
    assert rows[1].values == [2000, 20_000, 1000] and rows[1].unit == "ms"


def holds(megabytes: int) -> int:
    return np.ones(megabytes * 2**17).nbytes


def test_the_memory_of_a_process_is_its_own_and_not_its_parents() -> None:
    ballast = np.ones(700 * 2**17)
    found, small = alone(holds, 1)
    assert found == 2**20
    _, large = alone(holds, 400)
    assert 350 < large - small < 450
    assert small < ballast.nbytes / 2**20
