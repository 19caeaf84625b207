"""Confidence of an estimated tempo, meter and first downbeat."""

from collections.abc import Sequence

import numpy as np

from samuel_gen.estimation.beat_bars import Bars

# Log-odds of the right answer: a constant, and the weight of the size of the log-odds against all
# others, which are too sure of themselves: neighbouring frames say the same.
# They were fitted on rendered vocals that the tracker had not learned from.
_TEMPO = (-0.17, 0.34)
_BAR, _CONTRAST = (-2.82, 0.34), 1.98  # and the weight of the downbeats' contrast
_METER = (1.81, 0.08)
_SAME = 0.04  # relative difference of tempi that are taken for the same


def tempo_confidence(ranked: Sequence[tuple[float, float]]) -> float:
    """Return the probability that the first of some tempi is right within 4 %.

    Args:
        ranked: periods and their log-odds, the chosen one first; silence has only one.
    """
    if len(ranked) < 2:
        return 0.0
    period, merit = ranked[0]
    others = [each for other, each in ranked if abs(np.log(other / period)) > _SAME]
    return _squash(_TEMPO, merit, others)


def bar_confidence(ranked: Sequence[Bars]) -> float:
    """Return the probability that the first of some divisions has the right downbeats."""
    best = ranked[0]
    others = [each.merit for each in ranked if not _same_downbeats(each, best)]
    odds = (_BAR[0] + _CONTRAST * best.contrast, _BAR[1])
    return _squash(odds, best.merit, others)


def meter_confidence(ranked: Sequence[Bars]) -> float:
    """Return the probability that the first of some divisions has the right meter."""
    merits: dict[str, float] = {}
    for each in ranked:
        merits[str(each.meter)] = max(each.merit, merits.get(str(each.meter), -np.inf))
    best = str(ranked[0].meter)
    return _squash(_METER, merits.pop(best), list(merits.values()))


def _same_downbeats(one: Bars, other: Bars) -> bool:
    same_length = one.meter.beats_per_bar == other.meter.beats_per_bar
    return same_length and one.first_position == other.first_position


def _squash(odds: tuple[float, float], merit: float, others: Sequence[float]) -> float:
    """Return the probability of a merit against those of others."""
    if not others:
        return 1.0
    against = merit - float(np.logaddexp.reduce(others))
    size = float(np.sign(against) * np.log1p(abs(against)))
    return float(1 / (1 + np.exp(-(odds[0] + odds[1] * size))))
