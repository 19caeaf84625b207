"""Tempo estimation: the pulse of the onsets of a melody."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.melody import MelodyTrack

_CANDIDATES = np.geomspace(50.0, 210.0, 400)  # beats per minute
_USUAL, _OCTAVES = 105.0, 1.0  # BPM and octaves: centre and spread of the tempos listeners expect
_BEATS = 8  # beats over which onsets must agree
_RISE = 0.5  # weight of a new pitch relative to that of an onset
_FAINTEST = 0.3  # confidence below which no tempo is reported

# Log-odds of a right tempo: a constant; the weight of the runner-up's share; the weight of the log
# of the autocorrelation times the root of the sung seconds, as which chance autocorrelation falls.
_ODDS = (3.47, -3.05, 1.26)


@dataclass(frozen=True)
class Tempo:
    """A tempo and its confidence.

    Attributes:
        bpm: beats per minute.
        confidence: the probability that these beats per minute, their half or their double are
            right within 4 %, 0 to 1.
    """

    bpm: float
    confidence: float


def estimate_tempo(melody: MelodyTrack, frame_seconds: float) -> Tempo | None:
    """Estimate the tempo of the sung notes; None if they show no clear pulse.

    Onsets and new pitches are correlated with themselves one to eight beats later. The confidence
    was fitted on rendered songs of 8 to 48 s, whose singers keep time, and on the same songs with
    a tempo that drifts as in free singing.

    Args:
        melody: the melody track of the vocal.
        frame_seconds: the length of its frames, at most about 0.05.

    Source: Ellis 2007, "Beat tracking by dynamic programming" (the autocorrelation of onsets under
    a log-Gaussian window).
    """
    pitch_classes = melody.pitch_classes.double().cpu().numpy()
    rise = np.maximum(np.diff(pitch_classes, axis=1, prepend=0.0), 0).sum(0)
    notes = melody.onsets.double().cpu().numpy() + _RISE * rise
    sung = float(melody.voicing.double().cpu().numpy().sum()) * frame_seconds
    if sung <= 0 or np.ptp(notes) < 1e-6:
        return None
    curve = _autocorrelation(notes)
    beat = 60 / _CANDIDATES / frame_seconds
    lags = np.arange(1, _BEATS + 1)[:, None] * beat
    pulse = np.maximum(np.interp(lags, np.arange(curve.size), curve, right=0.0).mean(0), 0)
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
    """Return the autocorrelation, 1 at lag 0, corrected for the short overlap at long lags."""
    size = values.size
    spectrum = np.fft.rfft(values - values.mean(), 2 * size)
    curve = np.fft.irfft(np.abs(spectrum) ** 2)[:size]
    curve /= np.maximum(1 - np.arange(size) / size, 0.3)
    return np.asarray(curve / curve[0])
