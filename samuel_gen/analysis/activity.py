"""When somebody sings, whatever hiss, room or band is heard in the rests."""

import numpy as np
from jaxtyping import Bool, Float

from samuel_gen.analysis.spectra import BAND_CENTRES, decibels, levels

_FLOOR_SHARE = 5.0  # percentile of the levels that is taken for what sounds in the rests
_ABOVE_FLOOR = 8.0  # dB
_FAINTEST, _SOFTEST = -34.0, -20.0  # dB: bounds of the level from which a frame may be sung
_TAIL = 16.0  # dB below a note just ended: what is fainter is its tail in the room
_MEMORY = 0.6  # s: "just"
_CONSONANT = 0.12  # s: noise this near to a tone is a consonant, other noise is breath
_FRICATIVES = 2000.0  # Hz: consonants are loud above
_CLOSURE = 0.08  # s: a pause this short is a stop consonant

Frames = Float[np.ndarray, " frames"]
Which = Bool[np.ndarray, " frames"]


def singing(
    frequency: Frames, powers: Float[np.ndarray, "frames bands"], seconds: float
) -> tuple[Which, Which]:
    """Which frames are sung on a tone, and which are sung at all, consonants included.

    Args:
        frequency: of `pitch_track`, 0 where there is no pitch.
        powers: of `band_powers`, of a whole song.
        seconds: from one frame to the next.
    """
    heard = _audible(levels(powers), seconds)
    hissed = _audible(decibels(powers[:, BAND_CENTRES > _FRICATIVES].sum(1)), seconds)
    tone = (frequency > 0) & heard
    sung = tone | (_near(tone, round(_CONSONANT / seconds)) & (heard | hissed))
    closure = round(_CLOSURE / seconds / 2)
    return tone, sung | ~_near(~_near(sung, closure), closure)


def _audible(level: Frames, seconds: float) -> Which:
    """Which frames are louder than the rests and than the tails of the notes before."""
    if level.size == 0:
        return np.zeros(0, bool)
    floor = float(np.percentile(level, _FLOOR_SHARE)) + _ABOVE_FLOOR
    memory = max(1, round(_MEMORY / seconds))
    before = np.pad(level, (memory, 0), constant_values=-np.inf)
    recent = np.lib.stride_tricks.sliding_window_view(before, memory + 1).max(1)
    return np.asarray(level > np.maximum(recent - _TAIL, np.clip(floor, _FAINTEST, _SOFTEST)))


def _near(which: Which, reach: int) -> Which:
    """Frames no further than `reach` frames from one of those."""
    if which.size == 0:
        return which
    padded = np.pad(which, reach)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).any(1))
