"""Where a voice begins a note or a syllable."""

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.spectra import loud_power

_RANGE = 40.0  # dB below a band's own loud frames that are still heard
_FAINTEST = 70.0  # dB below the loudest band; fainter bands are the recording's noise
_FULL = 12.0  # dB of rise, averaged over bands, that count as a full onset
_SPAN = 2  # frames over which the rise is taken


def onset_strength(powers: Float[np.ndarray, "frames bands"]) -> Float[np.ndarray, " frames"]:
    """How much louder each frame is than the one 20 ms before, averaged over bands, 0..1.

    Each band is measured against its own loud frames, so that level and tone do not matter.

    Args:
        powers: of `band_powers`, about 10 ms apart, of a whole song.
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
