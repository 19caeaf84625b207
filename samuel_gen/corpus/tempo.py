"""The tempo of a rendered song: steady, or or drifting and breathing as without a click."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]

STEADY_SHARE = 0.45
"""The share of songs with exactly one tempo."""
LARGEST_DRIFT = 0.08
_KNOT_SECONDS = 7.0
_FEWEST_BARS_WITH_HOLDS = 8
"""Shorter songs have no fermata and no ritardando before a section."""


def draw_beat_times(
    starts: Sequence[int], bars: int, beats: int, tempo: float, rng: np.random.Generator
) -> tuple[float, ...]:
    """Draw the times of all beats from the first one on; empty if the tempo is steady.

    The beats of all bars take as long as at the steady tempo. One bar more follows them.

    Args:
        starts: the first bar of each section.
        bars: the number of bars.
        beats: the number of beats in a bar.
        tempo: the mean tempo in beats per minute.
        rng: the source of all random choices.
    """
    if rng.random() < STEADY_SHARE:
        return ()
    count = bars * beats
    lengths = np.ones(count + beats)
    if rng.random() < 0.8:
        lengths *= _draw_drift(len(lengths), 60 / tempo, rng)
    if rng.random() < 0.3:
        lengths *= _draw_breath(len(lengths), beats, rng)
    if rng.random() < 0.3:
        lengths *= 1 + np.clip(rng.normal(0, rng.uniform(0.003, 0.012), len(lengths)), -0.03, 0.03)
    if bars >= _FEWEST_BARS_WITH_HOLDS:
        edges = [start * beats for start in starts if 0 < start < bars]
        if rng.random() < 0.3:
            for edge in edges:
                _slow_down(lengths, edge, int(rng.integers(2, beats + 1)), rng.uniform(1.1, 1.35))
        if rng.random() < 0.2 and edges:
            held = edges[int(rng.integers(len(edges)))] - 1
            lengths[held] = rng.uniform(1.5, 2.5)
    if rng.random() < 0.4:
        _slow_down(lengths, count, min(count, int(rng.integers(2, 2 * beats + 1))), 1.4)
        lengths[count:] *= 1.4
    lengths *= count * 60 / tempo / lengths[:count].sum()
    return tuple(np.concatenate([[0.0], np.cumsum(lengths)]).round(6).tolist())


def _draw_drift(count: int, seconds: float, rng: np.random.Generator) -> Curve:
    """Draw a smooth random curve around 1 for the lengths of beats of some seconds each."""
    depth = rng.uniform(0.01, LARGEST_DRIFT)
    knots = np.arange(-1, count * seconds / _KNOT_SECONDS + 2) * _KNOT_SECONDS
    heights = rng.standard_normal(len(knots))
    at = np.arange(count) * seconds
    curve = np.interp(at, knots, heights)
    for _ in range(2):  # round off the corners of the polygon
        width = max(1, round(_KNOT_SECONDS / seconds / 2)) | 1
        padded = np.pad(curve, width // 2, mode="edge")
        curve = np.convolve(padded, np.ones(width) / width, mode="valid")
    curve = curve - curve.mean()
    return np.asarray(1 + depth * curve / max(float(np.abs(curve).max()), 1e-9))


def _draw_breath(count: int, beats: int, rng: np.random.Generator) -> Curve:
    """Draw a slight wave: phrases of two or four bars that hurry in the middle."""
    phrase = beats * int(rng.choice([2, 4]))
    return np.asarray(1 + rng.uniform(0.01, 0.05) * np.cos(2 * np.pi * np.arange(count) / phrase))


def _slow_down(lengths: Curve, stop: int, count: int, factor: float) -> None:
    """Lengthen the last beats before a beat, the last one by a factor."""
    lengths[stop - count : stop] *= np.linspace(1, factor, count + 1)[1:]
