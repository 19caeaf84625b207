"""Onsets of a vocal: the beginnings of notes and syllables."""

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.spectra import loud_power

_RANGE = 40.0  # dB below a band's own loud frames, at which its level is cut off
_FAINTEST = 70.0  # dB below the loudest band; fainter bands are the recording's noise
_FULL = 12.0  # dB of rise, averaged over bands, that count as a full onset
_SPAN = 2  # frames over which the rise is measured


def onset_strength(powers: Float[np.ndarray, "frames bands"]) -> Float[np.ndarray, " frames"]:
    """Return the rise of each frame's level over 20 ms, averaged over bands, 0 to 1.

    Each band is measured relative to its own loud frames, so that loudness and tone do not matter.

    Args:
        powers: the result of `band_powers` for a whole song, frames about 10 ms apart.
    """
    reference = np.array([loud_power(band) for band in powers.T])
    rise = np.zeros(powers.shape[0])
    if not reference.any():
        return rise
    reference = np.maximum(reference, reference.max() * 10 ** (-_FAINTEST / 10))
    for band, full in zip(powers.T, reference, strict=True):
        level = 10 * np.log10(np.maximum(band / full, 10 ** (-_RANGE / 10)))
        before = np.concatenate([np.full(_SPAN, -_RANGE), level])[: level.size]
        rise += np.maximum(level - before, 0)
    return np.asarray(np.clip(rise / reference.size / _FULL, 0, 1))
