"""Evidence for chords: the pitch classes of each beat, and the places where chords change."""

import numpy as np
from jaxtyping import Float

from samuel_gen.lead_sheet.sheet import LeadSheet

_EARLY = 1.5  # weight of a beat's first moments over its last ones
_CHORD_SECONDS = 2.2  # typical length of a chord
_MOST, _LEAST = 0.85, 0.01  # probabilities of a change


def collect_evidence(
    pitch_classes: Float[np.ndarray, "12 frames"], frame_seconds: float, sheet: LeadSheet
) -> Float[np.ndarray, "beats 12"]:
    """Collect the share of each beat that each pitch class sounds; early moments count more.

    Frames before the first beat count to it, and those after the last one to the last.

    Args:
        pitch_classes: the strength of each pitch class per frame; the norm over the classes is the
            share of the frame that has a pitch.
        frame_seconds: the length of a frame.
        sheet: the beats.
    """
    frames = pitch_classes.shape[1]
    beats = len(sheet.beats)
    places = sheet.beat_at((np.arange(frames) + 0.5) * frame_seconds)
    numbers = np.clip(np.floor(places), 0, beats - 1).astype(int)
    phase = np.clip(places - numbers, 0, 1)
    lengths = np.diff(np.asarray(sheet.beats))
    lengths = np.append(lengths, lengths[-1])
    weight = (_EARLY + (2 - 2 * _EARLY) * phase) * frame_seconds / lengths[numbers]
    evidence = np.zeros((beats, 12))
    np.add.at(evidence, numbers, (pitch_classes.astype(float) ** 2 * weight).T)
    return np.asarray(evidence / np.maximum(evidence.sum(axis=1, keepdims=True), 1))


def change_probability(sheet: LeadSheet) -> Float[np.ndarray, " beats"]:
    """Return the probability of a chord change at each beat.

    Chords change on downbeats, in long bars also in the middle, and rarely elsewhere.
    """
    bar = sheet.meter.beats_per_bar
    positions = np.asarray(sheet.positions)
    bar_seconds = 60 / sheet.tempo * bar
    chance = np.full(len(sheet.beats), _chance(bar_seconds / bar) / 8)
    if bar % 2 == 0:
        chance[positions == bar // 2 + 1] = _chance(bar_seconds / 2) / 3
    chance[positions == 1] = _chance(bar_seconds)
    return chance


def _chance(seconds: float) -> float:
    """The probability of a change after a span, if chords have a typical length."""
    return float(np.clip(1 - np.exp(-((seconds / _CHORD_SECONDS) ** 1.5)), _LEAST, _MOST))
