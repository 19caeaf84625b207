"""Reverb: the sound of a room, added to a dry signal."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, oaconvolve, sosfilt

from samuel_gen.corpus import SAMPLE_RATE

Signal = NDArray[np.float32]


def add_reverb(dry: Signal, amount: float, seconds: float) -> Signal:
    """Add reverb to a stereo signal.

    Args:
        dry: the signal at 44,100 Hz; (2, samples).
        amount: the amplitude of the reverb (linear); 0 adds none.
        seconds: the reverberation time, in which the reverb decays by 60 dB [s].

    Returns:
        The signal with reverb, its end cut off at the length of the input; (2, samples).
    """
    if amount <= 0:
        return dry
    send = dry.mean(axis=0, keepdims=True)
    wet = oaconvolve(send, _impulse_response(seconds), axes=1)[:, : dry.shape[1]]
    return np.asarray(dry + np.float32(amount) * wet, dtype=np.float32)


@lru_cache(maxsize=4)
def _impulse_response(seconds: float) -> Signal:
    """A stereo impulse response of decaying, band-limited noise with unit energy; (2, samples)."""
    count = int(1.2 * seconds * SAMPLE_RATE)
    noise = np.random.default_rng(7).standard_normal((2, count))
    times = np.arange(count) / SAMPLE_RATE
    noise *= 10 ** (-3 * times / seconds)
    noise = sosfilt(butter(1, (250, 5500), "bandpass", fs=SAMPLE_RATE, output="sos"), noise)
    noise[:, : int(0.012 * SAMPLE_RATE)] *= 0.2
    return np.asarray(noise / np.sqrt((noise**2).sum(axis=1, keepdims=True)), dtype=np.float32)
