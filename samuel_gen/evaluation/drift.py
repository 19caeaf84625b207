"""The drift of music against a click: the change of its delay from the first click to the last."""

import math

import numpy as np
from jaxtyping import Float

_NEAR = 0.05  # s: an onset this near to its expected time belongs to the click
_ADAPTATION = 0.2  # the share of each new delay in the expected one
_FEWEST = 8  # clicks with an onset


def measure_drift(
    onsets: Float[np.ndarray, " onsets"], clicks: Float[np.ndarray, " clicks"]
) -> float:
    """Return the change of the onsets' delay behind the clicks, first to last, in ms.

    Each click is paired with the nearest onset to its expected time, which follows the delays of
    the clicks before, so that a slow drift may grow to any size. The result is the slope of the
    delays over time (Theil-Sen, which outliers hardly move) times the length of the clicks. It is
    positive if the music is slower than the click. NaN if fewer than eight clicks have an onset.

    Args:
        onsets: the onset times of the music in seconds, rising.
        clicks: the times of the clicks in seconds, rising.
    """
    from scipy.stats import theilslopes

    times, delays, expected = [], [], 0.0
    for click in clicks if onsets.size else ():
        delay = float(onsets[np.abs(onsets - click - expected).argmin()] - click)
        if abs(delay - expected) <= _NEAR:
            times.append(click)
            delays.append(delay)
            expected += _ADAPTATION * (delay - expected)
    if len(times) < _FEWEST:
        return math.nan
    return float(1000 * theilslopes(delays, times).slope * (clicks[-1] - clicks[0]))
