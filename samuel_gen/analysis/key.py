"""Key estimation: the pitch classes of a melody against the profile of each key."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

# Key profiles: shares of time of the twelve pitch classes, from the tonic upwards.
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
_RARE = 0.01  # added to each share, so that a single foreign note excludes no key
_MAJOR_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")

# Sung seconds count as `_NOTES * seconds ** _GROWTH` independent notes. The two constants calibrate
# the confidences on rendered songs of 8 to 48 s.
_NOTES, _GROWTH = 4.2, 0.4


@dataclass(frozen=True)
class KeyEstimate:
    """A key and its probability.

    Attributes:
        tonic: the pitch class of the tonic, 0 for C.
        mode: "major" or "minor".
        confidence: the probability of this key, 0 to 1.
    """

    tonic: int
    mode: str
    confidence: float

    @property
    def name(self) -> str:
        """The name that musicians write, for example `Eb major`."""
        names = _MAJOR_NAMES if self.mode == "major" else _MINOR_NAMES
        return f"{names[self.tonic]} {self.mode}"


def rank_keys(
    pitch_classes: Float[Tensor, "12 frames"],
    voicing: Float[Tensor, " frames"],
    frame_seconds: float,
) -> list[KeyEstimate]:
    """Rank all 24 keys, the likeliest first; their confidences add up to 1.

    A melody alone often fits two related keys; then both get a share of the confidence.

    Args:
        pitch_classes: the strength of each pitch class per frame, C first.
        voicing: the share of each frame that has a pitch.
        frame_seconds: the length of a frame.

    Returns:
        No keys for silence.

    Source: profiles of Albrecht & Shanahan 2013, "The use of large corpora to train a new type of
    key-finding algorithm"; used as probabilities as in Temperley 2007, "Music and Probability",
    chapter 6.
    """
    classes = pitch_classes.double().sum(1).cpu().numpy()
    sung = float(voicing.sum()) * frame_seconds
    if sung <= 0 or not classes.any():
        return []
    share = classes / classes.sum()
    fit = np.array(
        [
            share @ np.log(np.roll(np.asarray(profile) / sum(profile) + _RARE, tonic))
            for profile in (_MAJOR, _MINOR)
            for tonic in range(12)
        ]
    )
    likelihood = np.exp(_NOTES * sung**_GROWTH * (fit - fit.max()))
    confidence = likelihood / likelihood.sum()
    modes = ("major", "minor")
    return [
        KeyEstimate(int(at) % 12, modes[int(at) // 12], float(confidence[at]))
        for at in np.argsort(-confidence, kind="stable")
    ]
