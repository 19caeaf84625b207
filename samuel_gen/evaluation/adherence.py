"""APA: the degree to which a set of accompaniments belongs to its vocals."""

import numpy as np
from jaxtyping import Float

from samuel_gen.evaluation.frechet import frechet_distance


def prompt_adherence(
    generated: Float[np.ndarray, "generated features"],
    true: Float[np.ndarray, "true features"],
    mismatched: Float[np.ndarray, "mismatched features"],
) -> float:
    """Accompaniment prompt adherence (APA): 1 for mixes like true pairs, 0 for mismatched ones.

    It is `1/2 + (d(Y, X') - d(Y, X)) / (2 max(d(X, X'), |d(Y, X') - d(Y, X)|))`, where d is the
    Frechet distance between embeddings of mixes. It is 1/2 if Y is equally far from both, or if
    true and mismatched pairs have the same distribution.

    Args:
        generated: Y, embeddings of vocals mixed with the accompaniments to judge.
        true: X, embeddings of vocals (the same or others) mixed with their own accompaniments.
        mismatched: X', embeddings of vocals mixed with other songs' accompaniments.

    Source: Grachten & Nistal 2024, "Accompaniment Prompt Adherence: A Measure for Evaluating
    Music Accompaniment Systems", equation 2.
    """
    margin = frechet_distance(generated, mismatched) - frechet_distance(generated, true)
    width = max(frechet_distance(true, mismatched), abs(margin))
    return 0.5 if width == 0 else 0.5 + margin / (2 * width)
