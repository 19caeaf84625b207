import numpy as np
import pytest

from samuel_gen.evaluation.diversity import seed_diversity

RNG = np.random.default_rng(0)


def test_the_same_for_every_seed_is_0_and_as_unlike_as_songs_is_1() -> None:
    songs = [RNG.standard_normal((5, 8)) + 10 * RNG.standard_normal(8) for _ in range(40)]
    assert seed_diversity([[song, song, song] for song in songs]) == 0
    strangers = [[songs[i], songs[(i + 13) % 40], songs[(i + 7) % 40]] for i in range(40)]
    assert seed_diversity(strangers) == pytest.approx(1, abs=0.1)
    near = [[song, song + RNG.standard_normal(8), song + RNG.standard_normal(8)] for song in songs]
    assert 0.05 < seed_diversity(near) < 0.25


def test_of_one_song_or_one_seed_nothing_can_be_told() -> None:
    one = np.ones((3, 2))
    assert np.isnan(seed_diversity([[one, one]])) and np.isnan(seed_diversity([[one], [one]]))
