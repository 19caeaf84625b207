"""The Frechet distance between two sets of vectors."""

import math

import numpy as np
from jaxtyping import Float


def frechet_distance(
    first: Float[np.ndarray, "many features"], second: Float[np.ndarray, "other features"]
) -> float:
    """The squared Frechet distance between Gaussians with the means and covariances of two sets.

    It is `|m - n|^2 + tr(C + D - 2 (C D)^(1/2))`, 0 for equal ones. The trace of the root is
    computed as that of `(C^(1/2) D C^(1/2))^(1/2)`, which is symmetric, so that nothing becomes
    complex. With fewer samples than features a covariance is singular, but the distance is still
    defined. Like all estimates from few samples it is then too large: compare only sets of equal
    size.

    Args:
        first, second: the two sets, a row for each vector; with fewer than two rows the distance
            is NaN.

    Source: Dowson & Landau 1982, "The Frechet distance between multivariate normal
    distributions", equation 16; Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update
    Rule", equation 6.
    """
    if min(len(first), len(second)) < 2:
        return math.nan
    one, two = first.astype(np.float64), second.astype(np.float64)
    gap = float(((one.mean(0) - two.mean(0)) ** 2).sum())
    cov_one, cov_two = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (one, two))
    values, vectors = np.linalg.eigh(cov_one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_two @ root), 0)).sum()
    return max(0.0, gap + float(np.trace(cov_one) + np.trace(cov_two) - 2 * shared))
