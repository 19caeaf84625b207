"""How far apart are two crowds of vectors?"""

import math

import numpy as np
from jaxtyping import Float

Vectors = Float[np.ndarray, "samples features"]


def frechet_distance(
    first: Float[np.ndarray, "many features"], second: Float[np.ndarray, "other features"]
) -> float:
    """The squared Frechet distance of the two Gaussians that have their means and covariances.

    It is `|m - n|^2 + tr(C + D - 2 (C D)^(1/2))`, 0 for equal ones. The root's trace is taken as
    that of `(C^(1/2) D C^(1/2))^(1/2)`, which is symmetric, so that nothing becomes complex. With
    fewer samples than features a covariance is singular, and the distance still defined; like all
    estimates from few samples it is then too large, so compare only sets of equal size.

    Args:
        first, second: a row for each sample; NaN comes of fewer than two rows.

    Source: Dowson & Landau 1982, "The Frechet distance between multivariate normal
    distributions", equation 16; Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update
    Rule", equation 6.
    """
    if min(len(first), len(second)) < 2:
        return math.nan
    one, two = first.astype(np.float64), second.astype(np.float64)
    gap = float(((one.mean(0) - two.mean(0)) ** 2).sum())
    spread, other = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (one, two))
    values, vectors = np.linalg.eigh(spread)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other @ root), 0)).sum()
    return max(0.0, gap + float(np.trace(spread) + np.trace(other) - 2 * shared))
