import math

import pytest
import torch

from samuel_gen.codecs import perception

RATE = 44_100


def test_models_that_are_not_installed_say_nothing(monkeypatch, music):
    monkeypatch.setattr(perception, "find_spec", lambda name: None)
    found = perception.measure_perception(music, music, RATE)
    assert set(found) == set(perception.MEANINGS) and all(map(math.isnan, found.values()))


@pytest.mark.slow
def test_both_models_hear_noise(music):
    pytest.importorskip("visqol")
    pytest.importorskip("zimtohrli")
    noisy = music + 0.05 * torch.randn(music.shape, generator=torch.Generator().manual_seed(0))
    same = perception.measure_perception(music, music, RATE)
    worse = perception.measure_perception(music, noisy, RATE)
    assert same["visqol"] > worse["visqol"] and same["zimtohrli"] < worse["zimtohrli"]
