"""Do other seeds make other music?"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def seed_diversity(
    embeddings: Sequence[Sequence[Float[np.ndarray, "_ features"]]],
) -> float:
    """How far the seeds of one song lie apart, against how far songs do.

    The mean Euclidean distance between the mean embeddings of two seeds of a song, divided by that
    between songs: 0 where the seed changes nothing, 1 where it changes as much as another song
    does. NaN for a single song or seed.

    Args:
        embeddings: by song and seed, a row for each window.
    """
    means = [np.stack([windows.mean(0) for windows in seeds]) for seeds in embeddings]
    within = [_apart(seeds) for seeds in means if len(seeds) > 1]
    if not within or len(means) < 2:
        return float("nan")
    between = np.mean([_apart(np.stack(column)) for column in zip(*means, strict=False)])
    return float(np.mean(within) / between) if between > 0 else float("nan")


def _apart(points: Float[np.ndarray, "points features"]) -> float:
    """Mean distance of two of them."""
    first, second = np.triu_indices(len(points), 1)
    return float(np.linalg.norm(points[first] - points[second], axis=1).mean())
