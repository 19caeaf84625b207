"""Beats, downbeats and meter of a whole recording, from its activations and what is known."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Shaped

from samuel_gen.estimation.beat_bars import Bars, rank_bars
from samuel_gen.estimation.beat_drift import find_path, follow_beat, smooth_path, weigh_beats
from samuel_gen.estimation.beat_estimate import BeatEstimate, Hypothesis, Places, describe_beats
from samuel_gen.estimation.beat_grid import (
    USUAL_TEMPO,
    beat_evidence,
    find_grids,
    refine_grid,
)
from samuel_gen.estimation.beat_tracker import BeatActivations
from samuel_gen.lead_sheet.meter import Meter

_GRIDS = 8  # steady grids that are compared
_DRIFT_MARGIN, _DRIFT_PER_BEAT = 3.0, 0.3  # log-odds by which a drifting tempo must explain more

Frames = Float[np.ndarray, " frames"]


def decode_beats(
    activations: BeatActivations,
    seconds: float | int,
    *,
    tempo: float | int | None = None,
    tempo_factor: float | int = 1.0,
    bar_1_at: float | int | None = None,
    meter: Meter | None = None,
    beats: Sequence[float | int] | None = None,
) -> BeatEstimate:
    """Find the beats of a whole recording; what is given is kept exactly.

    One tempo for the whole recording is preferred; it drifts only where that explains clearly
    more. The beats begin less than a beat after 0 and end less than a beat before the end.

    Args:
        activations: the activations of the recording.
        seconds: the length of the recording.
        tempo: the tempo in beats per minute; the beats are then equidistant.
        tempo_factor: the factor by which the estimated tempo is multiplied: 2, 1 or 0.5.
        bar_1_at: the time of a downbeat in seconds.
        meter: the meter.
        beats: the times of all beats in seconds; only the bars are then estimated.
    """
    frame_seconds = activations.frame_seconds
    anchor = None if bar_1_at is None else bar_1_at / frame_seconds - 0.5
    if beats is not None:
        places = np.asarray(beats, float) / frame_seconds - 0.5
        best = Hypothesis(places, _rank(activations, places, meter, anchor), 0.0, False)
        return describe_beats(best, [], activations, tuple(beats), meter, bar_1_at, True)
    frames = max(round(seconds / frame_seconds), activations.beats.size)
    hypotheses = _find_hypotheses(activations, frames, tempo, meter, anchor)
    best = hypotheses[0]
    if tempo is None and tempo_factor != 1.0:
        best = _change_tempo(best, tempo_factor, activations, meter, anchor)
    times = (_cover(best.places, seconds / frame_seconds) + 0.5) * frame_seconds
    places = times / frame_seconds - 0.5
    best = replace(best, places=places, bars=_rank(activations, places, meter, anchor))
    return describe_beats(
        best, hypotheses, activations, tuple(times), meter, bar_1_at, tempo is not None
    )


def _find_hypotheses(
    activations: BeatActivations,
    frames: int,
    tempo: float | int | None,
    meter: Meter | None,
    anchor: float | None,
) -> list[Hypothesis]:
    """Find steady and drifting beats, the best first."""
    evidence = beat_evidence(activations.beats)
    if tempo is None and not np.any(np.diff(evidence)):
        tempo = USUAL_TEMPO  # silence
    steady = []
    for grid in find_grids(activations, evidence, _GRIDS, tempo, anchor):
        grid = refine_grid(grid, activations.beats, tempo is not None, anchor is not None)
        places = grid.places(frames)
        if places.size < 2:
            places = grid.start + grid.period * np.arange(2)
        merit = weigh_beats(places, activations, evidence)
        bars = _rank(activations, places, meter, anchor)
        steady.append(Hypothesis(places, bars, merit + bars[0].merit, True))
    steady.sort(key=lambda each: -each.merit)
    if tempo is not None or activations.beats.size * activations.frame_seconds < 8:
        return steady
    drifting = _find_drift(activations, evidence, steady[0].period, meter, anchor)
    if drifting is not None:
        margin = _DRIFT_MARGIN + _DRIFT_PER_BEAT * drifting.places.size
        if drifting.merit > steady[0].merit + margin:
            return [drifting, *steady]
    return steady


def _find_drift(
    activations: BeatActivations,
    evidence: Frames,
    period: float,
    meter: Meter | None,
    anchor: float | None,
) -> Hypothesis | None:
    """Find the best beats of a drifting tempo; None if there are hardly any."""
    if anchor is not None:
        evidence = follow_beat(evidence, anchor)
    found = []
    for around in (None, period):
        path = find_path(activations, evidence, around)
        if path.size < 4:
            continue
        places = smooth_path(path, activations.beats)
        if anchor is not None:
            places = _pass_through(places, anchor)
        merit = weigh_beats(places, activations, beat_evidence(activations.beats))
        bars = _rank(activations, places, meter, anchor)
        found.append(Hypothesis(places, bars, merit + bars[0].merit, False))
    return max(found, key=lambda each: each.merit, default=None)


def _pass_through(places: Places, anchor: float) -> Places:
    """Move the nearest beat to a place, and its neighbours less and less."""
    nearest = int(np.abs(places - anchor).argmin())
    fade = np.exp(-np.abs(np.arange(places.size) - nearest) / 4)
    return np.asarray(places + fade * (anchor - places[nearest]))


def _rank(
    activations: BeatActivations, places: Places, meter: Meter | None, anchor: float | None
) -> list[Bars]:
    nearest = None
    if anchor is not None:
        period = (places[-1] - places[0]) / (places.size - 1)
        nearest = round(float(np.interp(anchor, places, np.arange(places.size))))
        if anchor < places[0]:
            nearest = round((anchor - places[0]) / period)
        if anchor > places[-1]:
            nearest = places.size - 1 + round((anchor - places[-1]) / period)
    return rank_bars(activations, places, meter=meter, downbeat=nearest)


def _change_tempo(
    best: Hypothesis,
    factor: float | int,
    activations: BeatActivations,
    meter: Meter | None,
    anchor: float | None,
) -> Hypothesis:
    """Put beats between the beats, or leave some out; downbeats stay beats."""
    count = best.places.size
    downbeat = (1 - best.bars[0].first_position) % best.bars[0].meter.beats_per_bar
    step = 1 / factor
    first = downbeat - np.floor(downbeat / step + 1e-9) * step
    numbers = np.arange(first, count - 1 + 1e-9, step)
    if numbers.size < 2:
        numbers = first + step * np.arange(2)
    places = _extrapolate(best.places, numbers)
    bars = _rank(activations, places, meter, anchor)
    return Hypothesis(places, bars, best.merit, best.is_steady)


def _extrapolate(
    places: Places, numbers: Shaped[np.ndarray, " numbers"]
) -> Float[np.ndarray, " numbers"]:
    """Return the places of beat numbers; beyond the ends the tempo goes on."""
    known = np.arange(places.size)
    inside = np.interp(numbers, known, places)
    first, last = places[1] - places[0], places[-1] - places[-2]
    before, after = np.minimum(numbers, 0.0), np.maximum(numbers - known[-1], 0.0)
    return np.asarray(inside + first * before + last * after)


def _cover(places: Places, frames: float) -> Float[np.ndarray, " all_beats"]:
    """Add beats at both ends and cut them, so that they cover the recording."""
    first, last = places[1] - places[0], places[-1] - places[-2]
    before = max(0, int(np.ceil((places[0] + 0.5) / first)) + 1)
    after = max(0, int(np.ceil((frames - places[-1]) / last)) + 1)
    every = _extrapolate(places, np.arange(-before, places.size + after))
    inside = every[(every >= -0.5 - 1e-6) & (every < frames - 0.5 + 1e-6)]
    return inside if inside.size >= 2 else every[every >= -0.5 - 1e-6][:2]
