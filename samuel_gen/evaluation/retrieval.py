"""Is the voice that a band was made for found again among others?"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.agreement import Played, harmony, pulse
from samuel_gen.analysis.fit import HARMONY_SHARE
from samuel_gen.analysis.melody import MelodyTrack

Scores = Float[np.ndarray, "bands voices"]


def fit_scores(
    bands: Sequence[Played], voices: Sequence[MelodyTrack], frame_seconds: float
) -> Scores:
    """How well each band fits each voice, from 1 to -1: harmony and pulse as in `Fit.score`.

    Args:
        bands: heard in their own tuning.
        voices: their pitch classes are relative to their own tuning.
        frame_seconds: length of the melodies' frames.
    """
    features = [voice.features.double().cpu().numpy() for voice in voices]
    return np.array(
        [
            [
                HARMONY_SHARE * harmony(melody, frame_seconds, band)
                + (1 - HARMONY_SHARE) * pulse(melody, frame_seconds, band)
                for melody in features
            ]
            for band in bands
        ]
    )


def found_first(scores: Scores) -> Float[np.ndarray, " bands"]:
    """Is each band's own voice ranked first? 1 or 0; chance is 1 / voices.

    Of several voices with the same score each is first as often: with two it counts 1/2.

    Args:
        scores: of each band with each voice; its own has the same number.
    """
    own = np.diag(scores)
    best = scores.max(1)
    return np.where(own == best, 1 / (scores == best[:, None]).sum(1), 0.0)


def reciprocal_rank(scores: Scores) -> Float[np.ndarray, " bands"]:
    """One over the rank of each band's own voice; among equals the mean over their ranks.

    Source: Voorhees 1999, "The TREC-8 Question Answering Track Report" (mean reciprocal rank).
    """
    own = np.diag(scores)[:, None]
    above, equal = (scores > own).sum(1), (scores == own).sum(1)
    pairs = zip(above, equal, strict=True)
    return np.array([np.mean(1 / np.arange(more + 1, more + same + 1)) for more, same in pairs])
