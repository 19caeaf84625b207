"""Limits of the accompaniment prompt adherence."""

import numpy as np
import pytest

from samuel_gen.evaluation.adherence import prompt_adherence
from samuel_gen.evaluation.frechet import frechet_distance

RNG = np.random.default_rng(0)
TRUE, MISMATCHED = RNG.standard_normal((200, 4)), RNG.standard_normal((200, 4)) + 2


def test_it_is_1_for_true_and_0_for_mismatched_pairs() -> None:
    assert prompt_adherence(TRUE, TRUE, MISMATCHED) == pytest.approx(1)
    assert prompt_adherence(MISMATCHED, TRUE, MISMATCHED) == pytest.approx(0)


def test_it_follows_the_distances_and_is_a_half_half_way() -> None:
    middle = (TRUE + MISMATCHED) / 2
    far = frechet_distance(middle, MISMATCHED) - frechet_distance(middle, TRUE)
    expected = 0.5 + far / (2 * frechet_distance(TRUE, MISMATCHED))
    found = prompt_adherence(middle, TRUE, MISMATCHED)
    assert found == pytest.approx(expected) == pytest.approx(0.5, abs=0.05)


def test_it_is_between_0_and_1_and_a_half_for_equal_anchors() -> None:
    for shift in (-9.0, 0.3, 9.0):
        assert 0 <= prompt_adherence(TRUE + shift, TRUE, MISMATCHED) <= 1
    assert prompt_adherence(TRUE, TRUE, TRUE) == 0.5
