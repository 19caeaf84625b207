"""Invented runs with known metrics."""

import math

import pytest

from samuel_gen.sweeps.arms import Arm, group_into_arms
from samuel_gen.sweeps.runs import Run


def make_run(window: int, seed: int, *values: float, trouble: str = "", every: int = 10) -> Run:
    """Make a run whose validation MSE took these values, one every so many steps."""
    curves = [{"step": every * (at + 1.0), "val/mse": mse} for at, mse in enumerate(values)]
    settings = {"experiment": "x", "model.window_size": str(window), "seed": str(seed)}
    return Run(f"{window}-{seed}", settings, curves, trouble=trouble)


@pytest.fixture
def runs() -> list[Run]:
    """Three arms of two seeds; both runs of the third arm are to be excluded."""
    return [
        make_run(4, 0, 1.0, 0.8),
        make_run(4, 1, 1.0, 0.6),
        make_run(8, 0, 0.9, 0.5),
        make_run(8, 1, 0.7, 0.4),
        make_run(16, 0, 0.9, trouble="failed: out of luck"),
        make_run(16, 1, 0.9, math.nan),
    ]


@pytest.fixture
def arms(runs) -> list[Arm]:
    return group_into_arms(runs, "val/mse")
