"""The chords that each bar of a lead sheet could have, with their probabilities."""

from dataclasses import dataclass, replace

import numpy as np

from samuel_gen.analysis.recording_report import RecordingReport
from samuel_gen.estimation.estimate import SheetEstimate
from samuel_gen.estimation.harmoniser import harmonise
from samuel_gen.estimation.harmony_confidence import list_triads
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.counting import first_downbeat
from samuel_gen.lead_sheet.sheet import LeadSheet

_LEAST = 0.02  # probability of an alternative that is worth a look


@dataclass(frozen=True)
class BarChoices:
    """The chords that a bar could have.

    Attributes:
        number: the number of the bar from 1; a pickup is bar 0.
        share: the probability of the chords that the sheet has there, 0 to 1.
        alternatives: other chords for the whole bar and their probabilities, the best first.
    """

    number: int
    share: float
    alternatives: tuple[tuple[Chord, float], ...]


def find_bar_choices(
    report: RecordingReport, estimate: SheetEstimate, count: int = 4
) -> list[BarChoices]:
    """Find what else could be played in each bar, as if no chord were given.

    Args:
        report: the analysis of the vocal.
        estimate: the lead sheet, whose beats and, if it is given, key are kept.
        count: the greatest number of alternatives for a bar.

    Returns:
        the bars in order; none if the sheet has no chords.
    """
    sheet = estimate.sheet
    if not sheet.chords:
        return []
    found = harmonise(
        report.melody.pitch_classes.double().numpy(),
        report.frame_seconds,
        replace(sheet, chords=(), key=None),
        chroma=report.chroma,
        key=None if "key" in estimate.confidences else sheet.key,
    )
    triads, pickup, bar = list_triads(), first_downbeat(sheet), sheet.meter.beats_per_bar
    starts = [0] * bool(pickup) + list(range(pickup, len(sheet.beats), bar))
    choices = []
    for index, (start, stop) in enumerate(
        zip(starts, [*starts[1:], len(sheet.beats)], strict=True)
    ):
        inside = found.probabilities[start:stop]
        own = [_find_column(sheet, beat) for beat in range(start, stop)]
        shares = [0.0 if own_ is None else row[own_] for row, own_ in zip(inside, own, strict=True)]
        mean = inside.mean(axis=0)
        order = [int(each) for each in np.argsort(-mean, kind="stable") if each not in own]
        others = tuple((triads[each], float(mean[each])) for each in order[:count])
        choices.append(
            BarChoices(
                index + (not pickup),
                float(np.mean(shares)),
                tuple(each for each in others if each[1] >= _LEAST),
            )
        )
    return choices


def _find_column(sheet: LeadSheet, beat: int) -> int | None:
    """Return the number of the triad that is most like the chord on a beat; None for no chord."""
    chord = sheet.chord_at(beat)
    if chord is None:
        return None
    scores = [
        2 * len(triad.pitch_classes & chord.pitch_classes) + (triad.root == chord.root)
        for triad in list_triads()
    ]
    return int(np.argmax(scores))
