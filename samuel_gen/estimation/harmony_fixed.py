"""Chords that are given: they are kept exactly, and the others are found around them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from samuel_gen.estimation.harmony_prior import STATES, TRIADS
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet

_TONE, _ROOT = 6.0, 3.0  # log-likelihood of a state for each tone, and for the root, that it shares


@dataclass(frozen=True)
class FixedChord:
    """A chord that is given for a span of beats.

    Attributes:
        start, stop: the span in beats from the sheet's first beat.
        chord: the chord; None for no chord.
    """

    start: float | int
    stop: float | int
    chord: Chord | None

    @property
    def beats(self) -> slice:
        """The beats of which it covers at least half."""
        return slice(*(max(0, int(np.ceil(place - 0.5))) for place in (self.start, self.stop)))


def arrange_fixed(
    sheet: LeadSheet, fixed: Sequence[ChordChange | FixedChord]
) -> tuple[FixedChord, ...]:
    """Give every fixed chord its span, in order, without overlaps.

    A `ChordChange` holds for the rest of its bar. The next fixed chord ends the one before.
    """
    bar = sheet.meter.beats_per_bar
    spans = []
    for each in fixed:
        if isinstance(each, ChordChange):
            offset = sheet.first_position - 1
            stop = (np.floor((each.beat + offset) / bar) + 1) * bar - offset
            each = FixedChord(each.beat, float(stop), each.chord)
        spans.append(each)
    spans.sort(key=lambda span: span.start)
    ends = [*(span.start for span in spans), len(sheet.beats)][1:]
    arranged = (
        replace(span, stop=min(span.stop, end)) for span, end in zip(spans, ends, strict=True)
    )
    return tuple(span for span in arranged if span.stop > span.start)


def score_fixed(
    scores: Float[np.ndarray, "keys beats states"],
    keys: Sequence[Key],
    fixed: Sequence[FixedChord],
) -> Float[np.ndarray, "keys beats states"]:
    """Return the scores with those of given chords replaced: states that share their tones win."""
    scores = scores.copy()
    for each in fixed:
        for number, key in enumerate(keys):
            scores[number, each.beats] = _compare(each.chord, key)
    return scores


def insert_fixed(
    changes: Sequence[ChordChange], fixed: Sequence[FixedChord], beats: int
) -> tuple[ChordChange, ...]:
    """Replace the chords in the spans of given ones.

    Args:
        changes: the chord changes that were found, on whole beats.
        fixed: the given chords.
        beats: the number of beats.
    """
    merged = list(changes)
    for each in fixed:
        resumed = [change for change in changes if change.beat <= each.beats.stop][-1]
        before = [change for change in merged if change.beat < each.start]
        after = [change for change in changes if change.beat > max(each.stop, each.beats.stop)]
        merged = [*before, ChordChange(each.start, each.chord)]
        if each.stop < beats:
            merged += [ChordChange(each.stop, resumed.chord), *after]
    return tuple(merged)


def _compare(chord: Chord | None, key: Key) -> Float[np.ndarray, " states"]:
    """The log-likelihood of a given chord under each state of a key."""
    if chord is None:
        return np.zeros(len(STATES))
    scores = []
    for interval, family in STATES:
        root = (interval + key.tonic) % 12
        tones = {(root + third) % 12 for third in TRIADS[family]}
        scores.append(_TONE * len(tones & chord.pitch_classes) + _ROOT * (root == chord.root))
    return np.array(scores)
