"""Tuning of a singer: the offset of the sung notes from the semitone grid."""

import numpy as np
from jaxtyping import Bool, Float

_STEADY = 0.25  # semitones of drift in 0.1 s; notes that drift more hardly count
_HALF_SPAN = 8  # pitch frames averaged on either side: 0.2 s in all, one period of vibrato
_VIBRATO = 4  # latent frames in a period of vibrato at 5.5 Hz


def estimate_tuning(
    semitones: Float[np.ndarray, " frames"], voiced: Bool[np.ndarray, " frames"]
) -> float:
    """Estimate the offset from the semitone grid, a circular mean over the steady notes.

    Args:
        semitones: the pitch of each frame as a MIDI note number, frames about 12 ms apart.
        voiced: the frames that have a pitch.

    Returns:
        The offset in semitones, in (-0.5, 0.5]; 0 where there is no steady note.
    """
    span = 2 * _HALF_SPAN + 1
    if semitones.size < span:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(semitones, span)
    whole = np.lib.stride_tricks.sliding_window_view(voiced, span).all(1)
    drift = windows[:, :_HALF_SPAN].mean(1) - windows[:, -_HALF_SPAN:].mean(1)
    weight = whole * np.exp(-((drift / _STEADY) ** 2))
    if weight.sum() < 1e-6:
        return 0.0
    mean = (weight * np.exp(2j * np.pi * windows.mean(1))).sum()
    offset = float(np.angle(mean)) / (2 * np.pi)
    return 0.5 if offset <= -0.49995 else offset


def tuning_confidence(
    pitch_classes: Float[np.ndarray, "12 frames"], voicing: Float[np.ndarray, " frames"]
) -> float:
    """Measure how well the notes agree on one tuning.

    The result is the length of the mean of their deviations from the grid, taken as angles. The
    deviation of a frame follows from its strongest pitch class and the two beside it, which lie on
    a Gaussian; it is averaged over a period of vibrato.

    Args:
        pitch_classes: the strength of each pitch class per latent frame.
        voicing: the share of each frame that has a pitch.

    Returns:
        1 if all held notes lie on one grid, near 0 if they lie anywhere; 0 if no note is held.
    """
    top = pitch_classes.argmax(0)
    below, here, above = (
        np.log(np.maximum(np.take_along_axis(pitch_classes, (top + step)[None] % 12, 0)[0], 1e-12))
        for step in (-1, 0, 1)
    )
    deviation = (above - below) / np.maximum(2 * (2 * here - above - below), 1e-9)
    if deviation.size < _VIBRATO:
        return 0.0
    window = np.lib.stride_tricks.sliding_window_view
    held = (window(top, _VIBRATO) == window(top, _VIBRATO)[:, :1]).all(1)
    steady = held & (window(voicing, _VIBRATO) == 1).all(1)
    if not steady.any():
        return 0.0
    return float(abs(np.exp(2j * np.pi * window(deviation, _VIBRATO).mean(1)[steady]).mean()))
