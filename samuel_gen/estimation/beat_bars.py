"""Bars: the meter and the first downbeat of known beats."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation.beat_tracker import BeatActivations
from samuel_gen.lead_sheet.meter import Meter

_SIMPLE = ((Meter(4, 4), -0.2), (Meter(3, 4), -2.2))
_COMPOUND = ((Meter(12, 8), -0.2), (Meter(6, 8), -2.2))
"""The meters that are considered, with their log-probability before anything is known."""
_FLOOR, _GREATEST = 0.02, 2.5  # the probability that counts as none; the evidence at most
_REACH = 3  # frames around a beat in which its downbeat may be
_TRUST = 1.0  # share of the downbeats' evidence that counts; neighbours tell the same

Places = Float[np.ndarray, " beats"]


@dataclass(frozen=True)
class Bars:
    """A division of beats into bars.

    Attributes:
        meter: the meter.
        first_position: the place of the first beat in its bar, from 1.
        merit: the log-odds of this division, prior included.
        contrast: the mean evidence of its downbeats, less that of its other beats.
    """

    meter: Meter
    first_position: int
    merit: float
    contrast: float = 0.0


def downbeat_evidence(activations: BeatActivations, places: Places) -> Places:
    """Return the log-odds of a downbeat at each beat against the mean of the recording."""
    size = activations.downbeats.size
    if size == 0:
        return np.zeros(places.size)
    near = np.round(places).astype(int)[:, None] + np.arange(-_REACH, _REACH + 1)
    heights = activations.downbeats[np.clip(near, 0, size - 1)].max(1)
    heights = np.where((places < -_REACH) | (places > size - 1 + _REACH), heights.mean(), heights)
    mean = heights.mean() + 1e-3
    odds = (heights + _FLOOR) / (1 - heights + _FLOOR) * (1 - mean + _FLOOR) / (mean + _FLOOR)
    return np.asarray(_TRUST * np.clip(np.log(odds), -_GREATEST, _GREATEST))


def rank_bars(
    activations: BeatActivations,
    places: Places,
    *,
    meter: Meter | None = None,
    downbeat: int | None = None,
) -> list[Bars]:
    """Rank the divisions of the beats into bars, the best first.

    Args:
        activations: the activations of the recording.
        places: the places of the beats in frames.
        meter: the meter, if it is known.
        downbeat: the number of a beat that is a downbeat, if one is known.
    """
    evidence = downbeat_evidence(activations, places)
    divisions = []
    for each, prior in meter_priors(activations.compound, meter):
        length = each.beats_per_bar
        for phase in range(length) if downbeat is None else [downbeat % length]:
            first = np.arange(places.size) % length == phase
            merit = prior + float(evidence[first].sum()) - float(np.log(length))
            contrast = float(_mean(evidence[first]) - _mean(evidence[~first]))
            divisions.append(Bars(each, (length - phase) % length + 1, merit, contrast))
    return sorted(divisions, key=lambda bars: -bars.merit)


def meter_priors(compound: float, meter: Meter | None) -> list[tuple[Meter, float]]:
    """Return the meters that are possible with their log-probabilities.

    Args:
        compound: the probability that the beat is divided into three.
        meter: the meter, if it is known.
    """
    if meter is not None:
        return [(meter, 0.0)]
    share = min(max(compound, 0.01), 0.99)
    simple = [(each, prior + float(np.log(1 - share))) for each, prior in _SIMPLE]
    return simple + [(each, prior + float(np.log(share))) for each, prior in _COMPOUND]


def _mean(values: Float[np.ndarray, " values"]) -> float:
    return float(values.mean()) if values.size else 0.0
