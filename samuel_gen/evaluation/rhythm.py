"""Rhythm metrics: beat, tempo and onsets of an accompaniment against the song's.

Every metric here is 0 for silence and NaN if the truth is unknown.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.agreement import pulse_agreement
from samuel_gen.analysis.music import ONSET_SECONDS
from samuel_gen.evaluation.metric_input import MetricInput

TEMPO_TOLERANCE = 0.04
BEAT_WINDOW, ONSET_WINDOW = 0.07, 0.05  # s, either way
_OCTAVES = (1 / 3, 1 / 2, 1, 2, 3)
_GRID_WIDTH = 0.03  # s: the Gaussian around each eighth, as wide as the rise of an onset


def beat_f_measure(inputs: MetricInput) -> float:
    """F-measure of the accompaniment's tracked beats against the true ones, within 70 ms, 0 to 1.

    The true beats are those of the lead sheet or, without one, those tracked in the true
    accompaniment; NaN if there are none. Half and double tempo score about 2/3, the beats of
    another song about .23.

    Source: Davies, Degara & Plumbley 2009, "Evaluation methods for musical audio beat tracking
    algorithms", section 3.1 (`mir_eval.beat.f_measure`).
    """
    return f_measure_of_beats(inputs.true_beats, inputs.accompaniment.beats)


def downbeat_f_measure(inputs: MetricInput) -> float:
    """F-measure of the accompaniment's tracked downbeats against the true ones, within 70 ms.

    The true downbeats are those of the lead sheet or, without one, those tracked in the true
    accompaniment; NaN if there are none.
    """
    return f_measure_of_beats(inputs.true_downbeats, inputs.accompaniment.downbeats)


def f_measure_of_beats(
    true: Float[np.ndarray, " beats"], tracked: Float[np.ndarray, " tracked"]
) -> float:
    """F-measure of beats against the true ones, within 70 ms, 0 to 1; NaN without true beats.

    Tracked beats before the first and after the last true beat do not count: where the song rests,
    a tracker may go on.

    Args:
        true: the true beat times [s].
        tracked: the beat times [s] that any tracker has found.
    """
    import mir_eval

    if true.size == 0:
        return math.nan
    near = (tracked >= true[0] - BEAT_WINDOW - 1e-9) & (tracked <= true[-1] + BEAT_WINDOW + 1e-9)
    tracked = tracked[near]
    if tracked.size == 0:
        return 0.0
    return float(mir_eval.beat.f_measure(true, tracked, f_measure_threshold=BEAT_WINDOW))


def tempo_agreement(inputs: MetricInput) -> float:
    """1 if the accompaniment's tempo is within 4 % of the song's, else 0.

    The accompaniment's tempo is that of its tracked beats. The song's is that of its lead sheet
    or, without one, of the beats tracked in the true accompaniment; NaN if there are none.

    Source: "accuracy 1" of Gouyon et al. 2006, "An experimental comparison of audio tempo
    induction algorithms", section IV.
    """
    return _match_tempo(inputs, (1,))


def tempo_octave_agreement(inputs: MetricInput) -> float:
    """1 if the tempo or its half, third, double or triple is within 4 % of the song's, else 0.

    Source: "accuracy 2" of Gouyon et al. 2006, "An experimental comparison of audio tempo
    induction algorithms", section IV.
    """
    return _match_tempo(inputs, _OCTAVES)


def onset_f_measure(inputs: MetricInput) -> float:
    """F-measure of the accompaniment's onsets against the true ones, within 50 ms, 0 to 1.

    The true onsets are those of the true accompaniment; NaN if it has none. Each onset is matched
    at most once. Another song's accompaniment scores about .3.

    Source: Boeck, Krebs & Schedl 2012, "Evaluating the online capabilities of onset detection
    methods", section 3 (`mir_eval.onset.f_measure`).
    """
    import mir_eval

    true, detected = inputs.true_accompaniment.onsets, inputs.accompaniment.onsets
    if true.size == 0:
        return math.nan
    if detected.size == 0:
        return 0.0
    return float(mir_eval.onset.f_measure(true, detected, window=ONSET_WINDOW)[0])


def grid_pulse(inputs: MetricInput) -> float:
    """Correlation of the onset strength with the song's eighth notes, -1 to 1; chance is 0.

    Each eighth is a Gaussian of 30 ms. A beat has two eighths, in a compound meter three; swing is
    ignored. After the end of an accompaniment its onset strength is 0. NaN without a lead sheet,
    or if fewer than two of its beats are in the song.
    """
    if inputs.lead_sheet is None or inputs.true_beats.size < 2:
        return math.nan
    eighths = divide_beats(inputs.true_beats, 3 if inputs.lead_sheet.meter.is_compound else 2)
    first, last = np.ceil(eighths[0] / ONSET_SECONDS), np.floor(eighths[-1] / ONSET_SECONDS)
    frames = np.arange(int(first), int(last) + 1)
    strength = inputs.accompaniment.onset_strength
    strength = np.pad(strength, (0, max(0, frames.size + frames[0] - strength.size)))[frames]
    if not np.ptp(strength) > 0:
        return 0.0
    times = frames * ONSET_SECONDS
    following = np.searchsorted(eighths, times).clip(1, eighths.size - 1)
    nearest = np.minimum(times - eighths[following - 1], eighths[following] - times)
    grid = np.exp(-0.5 * (nearest / _GRID_WIDTH) ** 2)
    return float(np.corrcoef(grid, strength)[0, 1])


def vocal_pulse(inputs: MetricInput) -> float:
    """Agreement of the accompaniment's onsets with the sung ones by `pulse_agreement`, -1 to 1.

    It is high if notes begin together rather than slightly before or after; chance is 0. NaN if
    nothing is sung.
    """
    if not inputs.vocal.has_melody:
        return math.nan
    vocal = inputs.vocal
    return pulse_agreement(vocal.melody, vocal.melody_seconds, inputs.accompaniment.music)


def _match_tempo(inputs: MetricInput, multiples: Sequence[float | int]) -> float:
    """1 if the tempo is within the tolerance of a multiple of the true one, else 0."""
    tempo, true = inputs.accompaniment.tempo, inputs.true_tempo
    if true is None:
        return math.nan
    if tempo is None:
        return 0.0
    return float(any(abs(tempo / (true * by) - 1) <= TEMPO_TOLERANCE for by in multiples))


def divide_beats(
    beats: Float[np.ndarray, " beats"], per_beat: int
) -> Float[np.ndarray, " eighths"]:
    """Return times that divide each beat evenly, from the first beat to the last, both included.

    Args:
        beats: the beat times [s], two or more.
        per_beat: the number of parts of a beat.
    """
    positions = np.arange((beats.size - 1) * per_beat + 1) / per_beat
    return np.asarray(np.interp(positions, np.arange(beats.size), beats))
