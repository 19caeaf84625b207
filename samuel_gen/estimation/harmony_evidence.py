"""Evidence for chords: the pitch classes of each beat, and the places where chords change."""

import numpy as np
from jaxtyping import Float

from samuel_gen.lead_sheet.sheet import LeadSheet

_EARLY = 0.6  # weight of the first half of a beat
_CHORD_SECONDS = 1.6  # typical length of a chord
_MOST, _LEAST = 0.85, 0.01  # probabilities of a change


def collect_halves(
    pitch_classes: Float[np.ndarray, "12 frames"], frame_seconds: float | int, sheet: LeadSheet
) -> Float[np.ndarray, "beats 2 12"]:
    """Return the share of each half of a beat that each pitch class sounds.

    Frames before the first beat count to it, and those after the last one to the last.

    Args:
        pitch_classes: the strength of each pitch class per frame; the norm over the classes is the
            share of the frame that has a pitch.
        frame_seconds: the length of a frame.
        sheet: the beats.
    """
    beats = len(sheet.beats)
    places = sheet.beat_at((np.arange(pitch_classes.shape[1]) + 0.5) * frame_seconds)
    halves = np.clip(np.floor(2 * places), 0, 2 * beats - 1).astype(int)
    halves[places < 0], halves[places > beats] = 0, 2 * beats - 1
    lengths = np.diff(np.asarray(sheet.beats))
    lengths = np.repeat(np.append(lengths, lengths[-1]), 2) / 2
    shares = np.zeros((2 * beats, 12))
    np.add.at(shares, halves, pitch_classes.T.astype(float) ** 2)
    shares *= (frame_seconds / lengths)[:, None]
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return np.asarray(shares.reshape(beats, 2, 12))


def weigh_halves(halves: Float[np.ndarray, "beats 2 12"]) -> Float[np.ndarray, "beats 12"]:
    """Return the share of each beat that each pitch class sounds; the first half counts more."""
    return np.asarray(halves[:, 0] * _EARLY + halves[:, 1] * (1 - _EARLY))


def describe_places(
    halves: Float[np.ndarray, "beats 2 12"], sheet: LeadSheet
) -> Float[np.ndarray, "beats 6"]:
    """Return the place of each beat in its bar, its length and its share of singing."""
    bar = sheet.meter.beats_per_bar
    positions = np.asarray(sheet.positions)
    lengths = np.diff(np.asarray(sheet.beats))
    places = [
        positions == 1,
        (positions == bar // 2 + 1) & (bar % 2 == 0),
        positions / bar,
        np.log2(np.append(lengths, lengths[-1])),
        halves.sum(axis=(1, 2)) / 2,
        np.full(positions.size, bar % 3 == 0),
    ]
    return np.stack(places, axis=1).astype(float)


def change_probability(sheet: LeadSheet) -> Float[np.ndarray, " beats"]:
    """Return the probability of a chord change at each beat.

    Chords change on downbeats, in long bars also in the middle, and rarely elsewhere.
    """
    bar = sheet.meter.beats_per_bar
    positions = np.asarray(sheet.positions)
    bar_seconds = 60 / sheet.tempo * bar
    chance = np.full(len(sheet.beats), 0.4 * _chance(bar_seconds / bar) ** 2)
    if bar % 2 == 0:
        chance[positions == bar // 2 + 1] = 0.8 * _chance(bar_seconds / 2) ** 2
    chance[positions == 1] = _chance(bar_seconds)
    return chance


def _chance(seconds: float) -> float:
    """The probability of a change after a span, if chords have a typical length."""
    return float(np.clip(1 - np.exp(-((seconds / _CHORD_SECONDS) ** 1.5)), _LEAST, _MOST))
