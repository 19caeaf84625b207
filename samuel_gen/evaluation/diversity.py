"""Diversity: the difference between a song's seeds, relative to that between songs."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def seed_diversity(
    embeddings: Sequence[Sequence[Float[np.ndarray, "_ features"]]],
) -> float:
    """The mean distance between two seeds of a song, divided by that between two songs.

    The distance is Euclidean, between mean embeddings. The ratio is 0 if the seed changes nothing
    and 1 if it changes as much as another song does. NaN for a single song or seed.

    Args:
        embeddings: the embeddings by song and seed, a row for each window.
    """
    means = [np.stack([windows.mean(0) for windows in seeds]) for seeds in embeddings]
    within = [_mean_distance(seeds) for seeds in means if len(seeds) > 1]
    if not within or len(means) < 2:
        return float("nan")
    between = np.mean([_mean_distance(np.stack(column)) for column in zip(*means, strict=False)])
    return float(np.mean(within) / between) if between > 0 else float("nan")


def _mean_distance(points: Float[np.ndarray, "points features"]) -> float:
    """The mean distance over all pairs of points."""
    first, second = np.triu_indices(len(points), 1)
    return float(np.linalg.norm(points[first] - points[second], axis=1).mean())
