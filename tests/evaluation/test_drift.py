"""The drift of onsets whose delays are known."""

import math

import numpy as np
import pytest

from samuel_gen.evaluation.drift import measure_drift

CLICKS = np.arange(0, 180, 60 / 92)  # three minutes at 92
LENGTH = CLICKS[-1]


@pytest.mark.parametrize("drift", [-2.0, -0.02, 0.0, 0.02, 2.0])  # s
def test_a_steady_drift_is_measured_however_large(drift: float) -> None:
    onsets = CLICKS + 0.012 + drift * CLICKS / LENGTH
    assert measure_drift(onsets, CLICKS) == pytest.approx(1000 * drift, abs=0.1)


def test_neither_jitter_nor_other_notes_nor_gaps_are_a_drift() -> None:
    generator = np.random.default_rng(0)
    jittered = CLICKS + 0.01 * generator.standard_normal(CLICKS.size)
    offbeats = CLICKS + 30 / 92
    onsets = np.sort([*jittered[::2], *offbeats, *generator.uniform(0, LENGTH, 60)])
    assert measure_drift(onsets, CLICKS) == pytest.approx(0, abs=10)


def test_too_few_onsets_have_no_drift() -> None:
    assert math.isnan(measure_drift(np.zeros(0), CLICKS))
    assert math.isnan(measure_drift(CLICKS[:7], CLICKS))
    assert math.isnan(measure_drift(CLICKS + 0.2, CLICKS))
