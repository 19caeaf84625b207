"""The beats that are found, with how sure they are and what else they might be."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation.beat_bars import Bars
from samuel_gen.estimation.beat_confidence import (
    bar_confidence,
    meter_confidence,
    tempo_confidence,
)
from samuel_gen.estimation.beat_tracker import BeatActivations
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import LeadSheet

_SAME_TEMPO = 0.04
_ALTERNATIVES = 3

Places = Float[np.ndarray, " beats"]


@dataclass(frozen=True)
class BeatEstimate:
    """The beats of a recording.

    Attributes:
        sheet: the beats, the meter and the place of the first beat in its bar; no chords.
        confidences: the probability that "tempo", "bar 1" and "meter" are right, 0 to 1, of those
            that were estimated.
        alternatives: the next best values of the same.
        is_steady: the beats are equidistant.
    """

    sheet: LeadSheet
    confidences: dict[str, float] = field(default_factory=dict)
    alternatives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    is_steady: bool = True


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """Beats, their divisions into bars, and the log-odds of both.

    Attributes:
        places: the beats in frames.
        bars: the divisions into bars, the best first.
        merit: the log-odds.
        is_steady: the beats are equidistant.
    """

    places: Places
    bars: list[Bars]
    merit: float
    is_steady: bool

    @property
    def period(self) -> float:
        """The mean distance of the beats in frames."""
        return float((self.places[-1] - self.places[0]) / (self.places.size - 1))


def describe_beats(
    best: Hypothesis,
    hypotheses: list[Hypothesis],
    activations: BeatActivations,
    beats: tuple[float | int, ...],
    meter: Meter | None,
    bar_1_at: float | int | None,
    is_tempo_given: bool,
) -> BeatEstimate:
    """Put together the sheet, the confidences and the alternatives.

    Args:
        best: the hypothesis that was chosen.
        hypotheses: all of them, the best first.
        activations: the activations of the recording.
        beats: the times of the chosen beats in seconds.
        meter: the given meter; None if it was estimated.
        bar_1_at: the given time of a downbeat; None if it was estimated.
        is_tempo_given: whether the tempo was given.
    """
    bars = best.bars[0]
    sheet = LeadSheet(tuple(max(0.0, beat) for beat in beats), bars.first_position, bars.meter)
    confidences, alternatives = {}, {}
    tempo = tempo_confidence([(each.period, each.merit) for each in hypotheses])
    if not is_tempo_given:
        confidences["tempo"] = tempo
        alternatives["tempo"] = _tempo_alternatives(sheet.tempo, hypotheses, activations)
    if bar_1_at is None:
        confidences["bar 1"] = bar_confidence(best.bars)
        alternatives["bar 1"] = _bar_alternatives(best.bars, sheet)
    if meter is None:
        confidences["meter"] = meter_confidence(best.bars)
        others = dict.fromkeys(str(each.meter) for each in best.bars)
        alternatives["meter"] = tuple(each for each in others if each != str(bars.meter))
    return BeatEstimate(sheet, confidences, alternatives, best.is_steady)


def _tempo_alternatives(
    tempo: float, hypotheses: list[Hypothesis], activations: BeatActivations
) -> tuple[str, ...]:
    """Name the next best tempi, half and double among them."""
    found = [60 / (each.period * activations.frame_seconds) for each in hypotheses]
    octaves = [each for each in (tempo / 2, tempo * 2) if 30 <= each <= 300]
    chosen: list[float] = []
    for each in [*found[:2], *octaves, *found[2:]]:
        if all(abs(np.log(each / other)) > _SAME_TEMPO for other in [tempo, *chosen]):
            chosen.append(each)
    return tuple(f"{each:.4g}" for each in chosen[:_ALTERNATIVES])


def _bar_alternatives(ranked: list[Bars], sheet: LeadSheet) -> tuple[str, ...]:
    """Name the next best times of the first downbeat in seconds."""
    length = ranked[0].meter.beats_per_bar
    positions = [each.first_position for each in ranked if each.meter == ranked[0].meter]
    times = [sheet.time_at((1 - position) % length) for position in positions[1:]]
    return tuple(f"{each:.2f}" for each in times[:_ALTERNATIVES])
