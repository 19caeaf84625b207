"""Beats whose tempo drifts: the best path through the activations, by dynamic programming."""

import numpy as np
from jaxtyping import Float, Int

from samuel_gen.estimation.beat_grid import FASTEST, SLOWEST, locate_beats, tempo_prior
from samuel_gen.estimation.beat_tracker import TEMPI, BeatActivations

_CHANGE = 0.02  # standard deviation of the change of tempo from beat to beat
_REACH = 4  # periods in frames either way that a beat may have after another
_CERTAIN = 50.0  # the evidence of a beat that is known
_LOCAL = 0.25  # weight of the network's tempo at each beat
_WIDE = 2  # beats: standard deviation of the window in which the tempo is taken for steady

Frames = Float[np.ndarray, " frames"]
Places = Float[np.ndarray, " beats"]


def find_path(
    activations: BeatActivations, evidence: Frames, around: float | None = None
) -> Places:
    """Find the beats with most evidence whose tempo changes slowly.

    Beats are at least `period` frames apart, so frames are treated in blocks of the shortest
    period; time and memory grow linearly with the length.

    Args:
        activations: the activations of the recording.
        evidence: the result of `beat_evidence`.
        around: a period in frames, from which the tempo differs by less than a third; None for any
            tempo.
    """
    periods = _choose_periods(activations.frame_seconds, around)
    size, count = evidence.size, periods.size
    local = _local_tempo(activations, periods, size)
    scores = np.zeros((size, count), np.float32)
    came = np.zeros((size, count), np.int16)
    neighbours = np.clip(np.arange(count)[:, None] + np.arange(-_REACH, _REACH + 1), 0, count - 1)
    change = np.log(periods[neighbours] / periods[:, None]) / _CHANGE
    penalty = 0.5 * change**2
    begin = tempo_prior(60 / (periods * activations.frame_seconds), activations)
    begin = begin - begin.max()
    block = int(periods[0])
    for first in range(0, size, block):
        frames = np.arange(first, min(first + block, size))
        previous = frames[:, None] - periods
        known = previous >= 0
        options = scores[np.maximum(previous, 0)[:, :, None], neighbours] - penalty
        best = options.argmax(2)
        value = np.take_along_axis(options, best[:, :, None], 2)[:, :, 0]
        scores[frames] = np.where(known, value + local[:, frames].T, begin) + evidence[frames, None]
        came[frames] = np.where(known, neighbours[np.arange(count), best], -1)
    return _trace_back(scores, came, periods)


def weigh_beats(places: Places, activations: BeatActivations, evidence: Frames) -> float:
    """Return the log-odds of beats: their evidence, their tempo and its changes.

    Args:
        places: the places of the beats in frames, at least two.
        activations: the activations of the recording.
        evidence: the result of `beat_evidence`.
    """
    if evidence.size == 0:
        return 0.0
    heights = np.interp(places, np.arange(evidence.size), evidence, left=0.0, right=0.0)
    periods = np.diff(places)
    change = np.diff(np.log(periods)) / _CHANGE
    tempi = 60 / (periods * activations.frame_seconds)
    prior = tempo_prior(np.exp(np.log(tempi).mean(keepdims=True)), activations)[0]
    return float(heights.sum() - 0.5 * (change**2).sum() + prior)


def follow_beat(evidence: Frames, place: float) -> Frames:
    """Return evidence by which every path has a beat at a place in frames."""
    at = round(place)
    if not 0 <= at < evidence.size:
        return evidence
    certain = evidence.copy()
    certain[max(0, at - 3) : at + 4] = -_CERTAIN
    certain[at] = _CERTAIN
    return certain


def smooth_path(places: Places, activations: Frames) -> Places:
    """Move beats to the centres of their activations, as far as the tempo stays smooth.

    Args:
        places: the places of the beats in frames.
        activations: the probability of a beat in each frame.
    """
    if places.size < 4:
        return places
    times, weights = locate_beats(places, activations)
    weights = weights + 0.02
    order = np.arange(-3 * _WIDE, 3 * _WIDE + 1)
    kernel = np.exp(-0.5 * (order / _WIDE) ** 2)

    def moment(values: Places, power: int) -> Places:
        return np.convolve(values, (kernel * order**power)[::-1])[order[-1] : -order[-1]]

    total, first, second = (moment(weights, power) for power in (0, 1, 2))
    value, product = (moment(weights * times, power) for power in (0, 1))
    return np.asarray((value * second - product * first) / (total * second - first**2))


def _choose_periods(frame_seconds: float, around: float | None) -> Int[np.ndarray, " periods"]:
    shortest, longest = (60 / tempo / frame_seconds for tempo in (FASTEST, SLOWEST))
    if around is not None:
        shortest, longest = max(shortest, around / 1.3), min(longest, around * 1.3)
    return np.arange(round(shortest), max(round(longest), round(shortest) + 1) + 1)


def _local_tempo(
    activations: BeatActivations, periods: Int[np.ndarray, " periods"], size: int
) -> Float[np.ndarray, "periods frames"]:
    """Return the network's evidence for each period in each frame."""
    if activations.tempo is None:
        return np.zeros((periods.size, size), np.float32)
    classes = np.interp(
        np.log(60 / (periods * activations.frame_seconds)), np.log(TEMPI), np.arange(TEMPI.size)
    )
    odds = np.log(activations.tempo + 1e-3) - np.log(1 / TEMPI.size)
    slow = np.minimum(np.arange(size) // 4, odds.shape[1] - 1)
    rows = odds[np.round(classes).astype(int)].astype(np.float32)
    return np.asarray(_LOCAL * rows[:, slow])


def _trace_back(
    scores: Float[np.ndarray, "frames periods"],
    came: Int[np.ndarray, "frames periods"],
    periods: Int[np.ndarray, " periods"],
) -> Places:
    """Follow the best path back from the last beat."""
    tail = scores[-int(periods[-1]) :].copy()
    late = len(tail) - np.arange(len(tail))
    tail[late[:, None] > periods] = -np.inf  # the last beat is less than a period from the end
    frame, state = np.unravel_index(int(tail.argmax()), tail.shape)
    at, which = int(frame) + len(scores) - len(tail), int(state)
    places = [at]
    while came[at, which] >= 0:
        at, which = at - int(periods[which]), int(came[at, which])
        places.append(at)
    return np.array(places[::-1], float)
