"""Vocal activity: the frames that are sung, despite hiss, reverberation or bleed in the rests."""

import numpy as np
from jaxtyping import Bool, Float

from samuel_gen.analysis.spectra import BAND_CENTRES, power_to_db, relative_levels

_FLOOR_SHARE = 5.0  # percentile of the levels that estimates the noise floor in the rests
_ABOVE_FLOOR = 8.0  # dB
_FAINTEST, _SOFTEST = -34.0, -20.0  # dB: bounds of the threshold above which a frame may be sung
_TAIL = 16.0  # dB below a recent note: anything fainter is its reverberation
_MEMORY = 0.6  # s: how long a note counts as recent
_CONSONANT = 0.12  # s: noise this near to a tone is a consonant, other noise is breath
_FRICATIVES = 2000.0  # Hz: consonants are loud above
_CLOSURE = 0.08  # s: a pause this short is a stop consonant

Frames = Float[np.ndarray, " frames"]
Mask = Bool[np.ndarray, " frames"]


def detect_singing(
    frequency: Frames, powers: Float[np.ndarray, "frames bands"], seconds: float
) -> tuple[Mask, Mask]:
    """Detect the frames sung on a pitch, and all sung frames, consonants included.

    Args:
        frequency: the pitch from `track_pitch` in Hz, 0 where there is none.
        powers: the result of `band_powers` for the whole song.
        seconds: the distance from one frame to the next.

    Returns:
        The frames sung on a pitch, and all sung frames.
    """
    audible = _audible(relative_levels(powers), seconds)
    hissing = _audible(power_to_db(powers[:, BAND_CENTRES > _FRICATIVES].sum(1)), seconds)
    tone = (frequency > 0) & audible
    sung = tone | (_widen(tone, round(_CONSONANT / seconds)) & (audible | hissing))
    closure = round(_CLOSURE / seconds / 2)
    return tone, sung | ~_widen(~_widen(sung, closure), closure)


def _audible(level: Frames, seconds: float) -> Mask:
    """Find frames that are louder than the rests and than the reverberation of recent notes."""
    if level.size == 0:
        return np.zeros(0, bool)
    floor = float(np.percentile(level, _FLOOR_SHARE)) + _ABOVE_FLOOR
    memory = max(1, round(_MEMORY / seconds))
    before = np.pad(level, (memory, 0), constant_values=-np.inf)
    recent = np.lib.stride_tricks.sliding_window_view(before, memory + 1).max(1)
    return np.asarray(level > np.maximum(recent - _TAIL, np.clip(floor, _FAINTEST, _SOFTEST)))


def _widen(mask: Mask, reach: int) -> Mask:
    """Add to a mask all frames that are at most `reach` frames away from it."""
    if mask.size == 0:
        return mask
    padded = np.pad(mask, reach)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).any(1))
