"""The key of a melody: which pitch classes it rests on, against those that keys rest on."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

# Shares of time of the twelve pitch classes above the tonic.
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
_RARE = 0.01  # added to each: no single foreign note excludes a key
_MAJOR_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")

# Independent notes in so many sung seconds, `_NOTES * seconds ** _GROWTH`: what makes the
# confidences come true on rendered songs of 8 to 48 s.
_NOTES, _GROWTH = 4.2, 0.4


@dataclass(frozen=True)
class Key:
    """A key and how likely it is, 0..1. `tonic` is a pitch class (0 = C), `mode` major or minor."""

    tonic: int
    mode: str
    confidence: float

    @property
    def name(self) -> str:
        """As musicians write it: `Eb major`."""
        names = _MAJOR_NAMES if self.mode == "major" else _MINOR_NAMES
        return f"{names[self.tonic]} {self.mode}"


def likely_keys(melody: Float[Tensor, "14 frames"], frame_seconds: float) -> list[Key]:
    """All 24 keys, the likeliest first, with confidences that add up to 1; none for silence.

    A melody alone often leaves open which of two related keys it is in; then both have their share.

    Args:
        melody: `MelodyTrack.features`.
        frame_seconds: length of its frames.

    Source: profiles of Albrecht & Shanahan 2013, "The use of large corpora to train a new type of
    key-finding algorithm"; taken as probabilities in the way of Temperley 2007, "Music and
    Probability", chapter 6.
    """
    classes = melody[:12].double().sum(1).cpu().numpy()
    sung = float(melody[12].sum()) * frame_seconds
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
        Key(int(at) % 12, modes[int(at) // 12], float(confidence[at]))
        for at in np.argsort(-confidence, kind="stable")
    ]
