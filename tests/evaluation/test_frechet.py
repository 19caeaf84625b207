"""The Frechet distance against closed forms and a slow reference."""

import numpy as np
import pytest
import scipy.linalg

from samuel_gen.evaluation.frechet import frechet_distance

RNG = np.random.default_rng(0)


def gaussian(mean: list[float], root: np.ndarray, samples: int = 500) -> np.ndarray:
    """Draw vectors whose mean is exactly `mean` and whose covariance is `root @ root.T`."""
    noise = np.random.default_rng(1).standard_normal((samples, len(mean)))
    noise -= noise.mean(0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(noise, rowvar=False)))).T
    return white @ root.T + np.array(mean)


def test_diagonal_covariances_have_a_closed_form() -> None:
    """The distance of the means plus that of the standard deviations, both squared."""
    one = gaussian([0, 1, 2], np.diag([1.0, 2.0, 3.0]))
    two = gaussian([3, 1, 6], np.diag([2.0, 2.0, 1.0]))
    assert frechet_distance(one, two) == pytest.approx(9 + 16 + 1 + 0 + 4)


def test_it_is_0_for_equal_sets_symmetric_and_not_negative() -> None:
    one, two = RNG.standard_normal((40, 6)), RNG.standard_normal((40, 6)) * 2
    assert frechet_distance(one, one[::-1]) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(one, two) == pytest.approx(frechet_distance(two, one))
    assert frechet_distance(one, one + 1e-9) >= 0


def test_it_equals_the_form_with_a_matrix_root() -> None:
    one = RNG.standard_normal((50, 5)) @ RNG.standard_normal((5, 5))
    two = RNG.standard_normal((60, 5)) @ RNG.standard_normal((5, 5)) + 1
    c, d = np.cov(one, rowvar=False), np.cov(two, rowvar=False)
    slow = ((one.mean(0) - two.mean(0)) ** 2).sum()
    slow += np.trace(c + d - 2 * scipy.linalg.sqrtm(c @ d).real)
    assert frechet_distance(one, two) == pytest.approx(slow)


def test_a_shift_adds_its_square_with_few_samples_too() -> None:
    one, two = RNG.standard_normal((5, 20)), RNG.standard_normal((4, 20))
    base = frechet_distance(one - one.mean(0), two - two.mean(0))
    shift = np.arange(20.0)
    moved = frechet_distance(one - one.mean(0) + shift, two - two.mean(0))
    assert moved == pytest.approx(base + (shift**2).sum())


def test_a_single_feature_has_a_closed_form() -> None:
    one, two = gaussian([0], np.eye(1)), gaussian([2], 3 * np.eye(1))
    assert frechet_distance(one, two) == pytest.approx(4 + 4)


def test_fewer_than_two_vectors_give_nan() -> None:
    assert np.isnan(frechet_distance(np.ones((1, 3)), np.ones((5, 3))))
