import numpy as np
import pytest
import torch

from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.corpus.balance import MeasuredStems


def test_faults_are_found():
    rng = np.random.default_rng(0)
    good = 0.1 * rng.standard_normal((2, 44100)).astype(np.float32)
    assert MeasuredStems.measure(good, good).balance(2.0).find_fault() is None
    holed = good.copy()
    holed[0, 5] = np.nan
    assert "NaN" in (MeasuredStems.measure(holed, good).balance(2.0).find_fault() or "")
    assert "silent" in (MeasuredStems.measure(0 * good, good).balance(2.0).find_fault() or "")
    assert "clips" in (MeasuredStems.measure(20 * good, good).find_fault() or "")
    assert "balance" in (MeasuredStems.measure(good, 0.3 * good).find_fault() or "")


def test_balancing_sets_the_loudness_that_it_reports():
    rng = np.random.default_rng(0)
    good = 0.1 * rng.standard_normal((2, 2 * 44100)).astype(np.float32)
    spiky = good.copy()
    spiky[:, 1000] = 4.0
    for accompaniment in (good, spiky):
        stems = MeasuredStems.measure(good, accompaniment).balance(3.0)
        assert stems.find_fault() is None
        assert stems.vocal_lufs - stems.accompaniment_lufs == pytest.approx(3.0)
        measured = integrated_loudness(torch.from_numpy(stems.accompaniment), 44100)
        assert measured == pytest.approx(stems.accompaniment_lufs, abs=0.3)
