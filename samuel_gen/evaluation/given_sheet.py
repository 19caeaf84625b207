"""Adherence of an accompaniment to the lead sheet that it was generated from.

Every metric here is NaN if no sheet was given. Where the sheet was estimated, the true
accompaniment may follow it less than the generated one.
"""

import math

import numpy as np

from samuel_gen.evaluation.drift import measure_drift
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.evaluation.rhythm import divide_beats, f_measure_of_beats
from samuel_gen.evaluation.tonality import share_on_chords

_FEWEST_ONSETS = 4


def given_chord_share(inputs: MetricInput) -> float:
    """Share of the accompaniment's root power on the given chords, as in `chord_share`."""
    return math.nan if inputs.given_sheet is None else share_on_chords(inputs, inputs.given_sheet)


def given_beat_f_measure(inputs: MetricInput) -> float:
    """F-measure of the accompaniment's beats against the given ones, as in `beat_f_measure`."""
    if inputs.given_sheet is None:
        return math.nan
    given = inputs.within_song(inputs.given_sheet.beats)
    return f_measure_of_beats(given, inputs.accompaniment.beats)


def given_downbeat_f_measure(inputs: MetricInput) -> float:
    """F-measure of the accompaniment's downbeats against the given ones."""
    if inputs.given_sheet is None:
        return math.nan
    given = inputs.within_song(inputs.given_sheet.downbeats)
    return f_measure_of_beats(given, inputs.accompaniment.downbeats)


def onset_shift(inputs: MetricInput) -> float:
    """Median distance of the accompaniment's onsets from the nearest given eighth, in ms.

    It is positive if the onsets are late. NaN for fewer than four onsets between the first and the
    last given beat. The detector itself is about 12 ms late on rendered songs.
    """
    if inputs.given_sheet is None:
        return math.nan
    sheet = inputs.given_sheet
    eighths = divide_beats(np.asarray(sheet.beats), 3 if sheet.meter.is_compound else 2)
    onsets = inputs.accompaniment.onsets
    onsets = onsets[(onsets >= eighths[0]) & (onsets <= eighths[-1])]
    if onsets.size < _FEWEST_ONSETS:
        return math.nan
    following = np.searchsorted(eighths, onsets).clip(1, eighths.size - 1)
    late, early = onsets - eighths[following - 1], eighths[following] - onsets
    return float(1000 * np.median(np.where(late <= early, late, -early)))


def given_drift(inputs: MetricInput) -> float:
    """Drift of the accompaniment's onsets against the given beats over the song, in ms.

    It is the absolute value of `measure_drift`.
    """
    if inputs.given_sheet is None:
        return math.nan
    beats = inputs.within_song(inputs.given_sheet.beats)
    return abs(measure_drift(inputs.accompaniment.onsets, beats))
