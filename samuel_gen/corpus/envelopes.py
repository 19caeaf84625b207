"""Envelopes of soundfont notes."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.zones import Envelope

RELEASE_FLOOR_DB = 60.0
"""The attenuation at the end of a release [dB]."""


def modulation_envelope(envelope: Envelope, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The modulation envelope (0-1).

    Args:
        envelope: the six stages; the release plays no part, for the key stays down.
        seconds: the times after the key goes down [s]; (points,).
    """
    up = envelope.delay + envelope.attack
    down = up + envelope.hold
    times = [envelope.delay, up + 1e-6, down + 2e-6, down + envelope.decay + 3e-6]
    return np.interp(seconds, times, [0.0, 1.0, 1.0, envelope.sustain], left=0.0)


def volume_envelope(envelope: Envelope, count: int) -> NDArray[np.float32]:
    """The volume envelope as amplitudes, while the key is held; (count,).

    The attack is linear, the decay linear in dB.

    Args:
        envelope: the six stages; the release is left out.
        count: the number of samples.
    """
    times = np.arange(count, dtype=np.float32) / SAMPLE_RATE - envelope.delay
    after = times - (envelope.attack + envelope.hold)
    fall = np.maximum(after, 0) * (100 / max(envelope.decay, 1e-3))
    amplitude = 10 ** (np.minimum(fall, min(envelope.sustain, 100.0)) / -20)
    if envelope.attack > 0:
        amplitude = amplitude * np.clip(times / envelope.attack, 0, 1)
    return np.asarray(amplitude, dtype=np.float32)


@lru_cache(maxsize=64)
def release_envelope(count: int) -> NDArray[np.float32]:
    """The release as amplitudes, linear in dB down to -60 dB; (count,)."""
    amplitude = 10 ** np.linspace(0, -RELEASE_FLOOR_DB / 20, count)
    return np.asarray(amplitude, dtype=np.float32)
