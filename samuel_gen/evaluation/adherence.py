"""Does a set of bands belong to the voices that it was made for?"""

import numpy as np
from jaxtyping import Float

from samuel_gen.evaluation.frechet import frechet_distance


def prompt_adherence(
    made: Float[np.ndarray, "made features"],
    true: Float[np.ndarray, "true features"],
    mismatched: Float[np.ndarray, "mismatched features"],
) -> float:
    """APA, accompaniment prompt adherence: 1 if the mixes are like true pairs, 0 like mismatched.

    `1/2 + (d(Y, X') - d(Y, X)) / (2 max(d(X, X'), |d(Y, X') - d(Y, X)|))` of the Frechet distances
    d between the embeddings of mixes; 1/2 where both are as far away, or where true and mismatched
    pairs cannot be told apart.

    Args:
        made: embeddings Y of mixes of voices with the bands that are judged.
        true: X, of the same or other voices with their own bands.
        mismatched: X', of voices with other songs' bands.

    Source: Grachten & Nistal 2024, "Accompaniment Prompt Adherence: A Measure for Evaluating
    Music Accompaniment Systems", equation 2.
    """
    nearer = frechet_distance(made, mismatched) - frechet_distance(made, true)
    widest = max(frechet_distance(true, mismatched), abs(nearer))
    return 0.5 if widest == 0 else 0.5 + nearer / (2 * widest)
