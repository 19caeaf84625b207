"""Retrieval: the rank of an accompaniment's own vocal among several, by fit."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.agreement import harmony_agreement, pulse_agreement
from samuel_gen.analysis.fit import musical_fit
from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.analysis.music import MusicAnalysis

FitMatrix = Float[np.ndarray, "accompaniments vocals"]


def fit_matrix(
    accompaniments: Sequence[MusicAnalysis], melodies: Sequence[MelodyTrack], frame_seconds: float
) -> FitMatrix:
    """The musical fit of each accompaniment with each vocal, -1 to 1, by `musical_fit`.

    Args:
        accompaniments: their pitch classes and onsets, each analysed in its own tuning.
        melodies: the vocals' melody tracks, each relative to its own tuning.
        frame_seconds: length of a melody frame.
    """
    return np.array(
        [
            [
                musical_fit(
                    harmony_agreement(melody, frame_seconds, accompaniment),
                    pulse_agreement(melody, frame_seconds, accompaniment),
                )
                for melody in melodies
            ]
            for accompaniment in accompaniments
        ]
    )


def top1_accuracy(fits: FitMatrix) -> Float[np.ndarray, " accompaniments"]:
    """1 for each accompaniment whose own vocal fits best, else 0; chance is 1 / vocals.

    If n vocals share the best fit and the own one is among them, the value is 1 / n.

    Args:
        fits: the fit of each accompaniment with each vocal; its own vocal has the same index.
    """
    own = np.diag(fits)
    best = fits.max(1)
    return np.where(own == best, 1 / (fits == best[:, None]).sum(1), 0.0)


def reciprocal_rank(fits: FitMatrix) -> Float[np.ndarray, " accompaniments"]:
    """One over the rank of each accompaniment's own vocal; for ties, the mean over their ranks.

    Args:
        fits: the fit of each accompaniment with each vocal; its own vocal has the same index.

    Source: Voorhees 1999, "The TREC-8 Question Answering Track Report" (mean reciprocal rank).
    """
    own = np.diag(fits)[:, None]
    above, equal = (fits > own).sum(1), (fits == own).sum(1)
    pairs = zip(above, equal, strict=True)
    return np.array([np.mean(1 / np.arange(more + 1, more + same + 1)) for more, same in pairs])
