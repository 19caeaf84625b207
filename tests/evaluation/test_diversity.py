"""Limits of the diversity of seeds."""

import numpy as np
import pytest

from samuel_gen.evaluation.diversity import seed_diversity

RNG = np.random.default_rng(0)


def test_it_is_0_for_equal_seeds_and_1_for_seeds_as_far_apart_as_songs() -> None:
    songs = [RNG.standard_normal((5, 8)) + 10 * RNG.standard_normal(8) for _ in range(40)]
    assert seed_diversity([[song, song, song] for song in songs]) == 0
    shuffled = [[songs[i], songs[(i + 13) % 40], songs[(i + 7) % 40]] for i in range(40)]
    assert seed_diversity(shuffled) == pytest.approx(1, abs=0.1)
    near = [[song, song + RNG.standard_normal(8), song + RNG.standard_normal(8)] for song in songs]
    assert 0.05 < seed_diversity(near) < 0.25


def test_a_single_song_or_seed_gives_nan() -> None:
    one = np.ones((3, 2))
    assert np.isnan(seed_diversity([[one, one]])) and np.isnan(seed_diversity([[one], [one]]))
