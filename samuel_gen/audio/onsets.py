"""Where a voice begins a note or a syllable."""

import numpy as np
from jaxtyping import Float

from samuel_gen.audio.spectra import FREQUENCIES, loud_level

_EDGES = np.geomspace(100.0, 7500.0, 25)  # Hz
_RANGE = 40.0  # dB below a band's own loud frames that are still heard
_FAINTEST = 70.0  # dB below the loudest band; fainter bands are the recording's noise
_FULL = 12.0  # dB of rise, averaged over bands, that count as a full onset
_SPAN = 2  # frames over which the rise is taken


def onset_strength(spectra: Float[np.ndarray, "frames bins"]) -> Float[np.ndarray, " frames"]:
    """How much louder each frame is than the one 20 ms before, averaged over bands, 0..1.

    Each band is measured against its own loud frames, so that level and tone do not matter.

    Args:
        spectra: of `voice_spectra`, about 10 ms apart.
    """
    edges = np.searchsorted(FREQUENCIES, _EDGES)
    power = np.add.reduceat(spectra[:, : edges[-1]].astype(np.float64) ** 2, edges[:-1], axis=1)
    reference = np.array([loud_level(band) for band in power.T])
    if not reference.any():
        return np.zeros(spectra.shape[0])
    reference = np.maximum(reference, reference.max() * 10 ** (-_FAINTEST / 10))
    level = 10 * np.log10(np.maximum(power / reference, 10 ** (-_RANGE / 10)))
    level = np.concatenate([np.full((_SPAN, level.shape[1]), -_RANGE), level])
    rise = np.maximum(level[_SPAN:] - level[:-_SPAN], 0).mean(1)
    return np.asarray(np.clip(rise / _FULL, 0, 1))
