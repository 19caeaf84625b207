"""The tempo of a voice, from when it begins its notes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

_CANDIDATES = np.geomspace(50.0, 210.0, 400)  # beats per minute
_USUAL, _OCTAVES = 105.0, 1.0  # the centre of the tempi that listeners expect, and its spread
_BEATS = 8  # over which onsets must agree
_RISE = 0.5  # weight of a new pitch beside that of an onset
_FAINTEST = 0.3  # a confidence below this is no tempo

# Log-odds of being right: a constant; per share of the next best tempo; per log of the likeness
# times the root of the sung seconds, by which chance likeness falls.
_ODDS = (3.47, -3.05, 1.26)


@dataclass(frozen=True)
class Tempo:
    """Beats per minute, and how likely they are, or their half or double, within 4 %, 0..1."""

    bpm: float
    confidence: float


def tempo(melody: Float[Tensor, "14 frames"], frame_seconds: float) -> Tempo | None:
    """The pulse of the sung notes; None where there is none to be found.

    Onsets and new pitches are compared with themselves one to eight beats later. The confidence
    was fitted on rendered songs of 8 to 48 s, whose singers keep time, and on the same songs with
    their time bent as free singing bends it.

    Args:
        melody: `MelodyTrack.features`.
        frame_seconds: length of its frames, at most about 0.05.

    Source: Ellis 2007, "Beat tracking by dynamic programming" (the autocorrelation of onsets under
    a log-Gaussian window).
    """
    features = melody.double().cpu().numpy()
    rise = np.maximum(np.diff(features[:12], axis=1, prepend=0.0), 0).sum(0)
    notes = features[13] + _RISE * rise
    sung = float(features[12].sum()) * frame_seconds
    if sung <= 0 or np.ptp(notes) < 1e-6:
        return None
    likeness = _autocorrelation(notes)
    beat = 60 / _CANDIDATES / frame_seconds
    lags = np.arange(1, _BEATS + 1)[:, None] * beat
    pulse = np.maximum(np.interp(lags, np.arange(likeness.size), likeness, right=0.0).mean(0), 0)
    merit = pulse * np.exp(-0.5 * (np.log2(_CANDIDATES / _USUAL) / _OCTAVES) ** 2)
    best = int(merit.argmax())
    if merit[best] <= 0:
        return None
    bpm = float(_CANDIDATES[best])
    ratio = _CANDIDATES / bpm
    others = np.all([abs(ratio / octave - 1) > 0.06 for octave in (0.5, 1, 2)], axis=0)
    rival = float(merit[others].max() / merit[best])
    strength = float(pulse[best]) * sung**0.5
    odds = _ODDS[0] + _ODDS[1] * rival + _ODDS[2] * np.log(strength)
    confidence = float(1 / (1 + np.exp(-odds)))
    return None if confidence < _FAINTEST else Tempo(round(bpm, 1), confidence)


def _autocorrelation(values: Float[np.ndarray, " frames"]) -> Float[np.ndarray, " frames"]:
    """1 at lag 0; long lags, at which little overlaps, are not left to be smaller for that."""
    size = values.size
    spectrum = np.fft.rfft(values - values.mean(), 2 * size)
    curve = np.fft.irfft(np.abs(spectrum) ** 2)[:size]
    curve /= np.maximum(1 - np.arange(size) / size, 0.3)
    return np.asarray(curve / curve[0])
