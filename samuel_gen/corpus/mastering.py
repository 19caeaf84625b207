"""Mastering: compression, saturation and limiting, as records have them.

The compressor is the feed-forward one of Giannoulis, Massberg & Reiss 2012, "Digital dynamic range
compressor design", with a soft knee and a smooth decoupled peak detector.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from samuel_gen.corpus import SAMPLE_RATE

Signal = NDArray[np.float32]

_BLOCK = 32
"""Samples that share one gain of the compressor."""
_KNEE_DB = 6.0
_LOOK_AHEAD = 88
"""Samples (2 ms) in which the limiter's gain falls before a peak."""


@dataclass(frozen=True)
class Mastering:
    """Settings of the chain.

    Attributes:
        threshold_db: the level above which the compressor works, relative to the RMS [dB].
        ratio: the change of the input's level per change of the output's [dB per dB].
        attack, release: the time constants of the compressor [s].
        drive_db: the level of the input of the saturation, relative to the RMS at which it begins
            [dB].
        crest_db: the peak that the limiter allows, relative to the RMS before it [dB].
    """

    threshold_db: float
    ratio: float
    attack: float
    release: float
    drive_db: float
    crest_db: float

    @staticmethod
    def draw(rng: np.random.Generator) -> "Mastering":
        """Draw settings at random, from hardly audible to loud."""
        return Mastering(
            threshold_db=float(rng.uniform(-8.0, 4.0)),
            ratio=float(rng.uniform(1.3, 4.0)),
            attack=float(rng.uniform(0.005, 0.03)),
            release=float(rng.uniform(0.08, 0.3)),
            drive_db=float(rng.uniform(-18.0, -6.0)),
            crest_db=float(rng.uniform(9.0, 15.0)),
        )

    def apply(self, audio: Signal) -> Signal:
        """Return the mastered sound, at an arbitrary loudness.

        Args:
            audio: the sound at 44,100 Hz; (2, samples).
        """
        if not audio.any():
            return audio
        audio = self._compress(audio / np.sqrt((audio**2).mean()))
        limit = 10 ** (-self.drive_db / 20)
        audio = np.tanh(audio / limit) * limit
        level = float(np.sqrt((audio**2).mean()))
        return limit_peaks(audio, level * 10 ** (self.crest_db / 20))

    def _compress(self, audio: Signal) -> Signal:
        blocks = -(-audio.shape[1] // _BLOCK)
        padded = np.pad(audio, ((0, 0), (0, blocks * _BLOCK - audio.shape[1])))
        peaks = np.abs(padded).max(axis=0).reshape(blocks, _BLOCK).max(axis=1)
        gains = self._gains_db(20 * np.log10(np.maximum(peaks, 1e-6).astype(np.float64)))
        times = (np.arange(blocks) + 0.5) * _BLOCK
        curve = np.interp(np.arange(audio.shape[1]), times, gains)
        return np.asarray(audio * 10 ** (curve / 20), dtype=np.float32)

    def _gains_db(self, levels_db: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gain of each block, smoothed by attack and release."""
        over = levels_db - self.threshold_db
        bent = (np.clip(over + _KNEE_DB / 2, 0, _KNEE_DB)) ** 2 / (2 * _KNEE_DB)
        excess = np.where(over > _KNEE_DB / 2, over, bent)
        reductions = (excess * (1 - 1 / self.ratio)).tolist()
        attack, release = (
            float(np.exp(-_BLOCK / SAMPLE_RATE / seconds))
            for seconds in (self.attack, self.release)
        )
        held = smooth = 0.0
        gains = []
        for reduction in reductions:
            held = max(reduction, release * held + (1 - release) * reduction)
            smooth = attack * smooth + (1 - attack) * held
            gains.append(-smooth)
        return np.asarray(gains)


def limit_peaks(audio: Signal, ceiling: float) -> Signal:
    """Return the sound with no sample above a ceiling, its gain falling just before each peak.

    Args:
        audio: the sound at 44,100 Hz; (2, samples).
        ceiling: the largest modulus of a sample (linear).
    """
    peaks = np.abs(audio).max(axis=0)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    lowest = minimum_filter1d(needed, 2 * _LOOK_AHEAD + 1, mode="nearest")
    gain = uniform_filter1d(lowest, 2 * _LOOK_AHEAD + 1, mode="nearest")
    return np.asarray(audio * gain, dtype=np.float32)
