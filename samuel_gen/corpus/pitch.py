"""The pitch curve of a singer: glides, scoops, delayed vibrato and drift."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from samuel_gen.corpus.score import Note
from samuel_gen.corpus.singers import Singer

CONTROL_HOP = 128
"""The distance between two points of a control curve [samples]."""
_LONGEST_LINK = 0.09
"""Notes with a shorter gap between them are sung in one breath [s]."""

Curve = NDArray[np.float64]


def draw_pitch_curve(
    melody: tuple[Note, ...],
    singer: Singer,
    count: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> Curve:
    """Draw the sung pitch in MIDI semitones, fractions included, every `CONTROL_HOP` samples.

    Args:
        melody: the notes in order of time, one at a time.
        singer: the singer; the tuning is included in the curve.
        count: the number of points.
        sample_rate: the sample rate of the audio [Hz].
        rng: the source of vibrato phases, scoops and drift.

    Returns:
        The curve; (count,).
    """
    rate = sample_rate / CONTROL_HOP
    times = np.arange(count) / rate
    curve = np.full(count, float(melody[0].midi))
    vibrato, deviation = np.zeros(count), np.zeros(count)
    wobble = 1 + 0.06 * _draw_smooth_noise(count, rate, 1.0, rng)
    phase = 2 * np.pi * np.cumsum(singer.vibrato_hz * wobble) / rate
    limit = max(18.0, 2 * singer.intonation_cents)
    for i, note in enumerate(melody):
        first = _first_point(note, singer, rate)
        deviation[first:] = np.clip(rng.normal(0, singer.intonation_cents), -limit, limit)
        previous = melody[i - 1] if i > 0 and are_linked(melody[i - 1], note) else None
        _begin_note(curve, times, note, previous, singer, rate, rng)
        ends_phrase = i + 1 == len(melody) or not are_linked(note, melody[i + 1])
        if ends_phrase and rng.random() < 0.5 * singer.scoop:
            _add_fall(curve, times, note, rate, rng)
        if note.end - note.start > 0.8 * singer.vibrato_delay + 0.12:
            _add_vibrato(vibrato, times, phase, note, singer, rate)
    settled = lfilter([0.06], [1, -0.94], deviation)
    cents = singer.vibrato_cents * vibrato + singer.tuning_cents + settled
    cents += np.clip(4.0 * _draw_smooth_noise(count, rate, 0.8, rng), -10, 10)
    cents += singer.jitter_cents * _draw_smooth_noise(count, rate, 25.0, rng)
    return np.asarray(curve + cents / 100)


def _draw_smooth_noise(count: int, rate: float, hertz: float, rng: np.random.Generator) -> Curve:
    """Draw noise of unit standard deviation with most of its energy below `hertz`."""
    pole = np.exp(-2 * np.pi * hertz / rate)
    noise = rng.standard_normal(count)
    return np.asarray(lfilter([np.sqrt(1 - pole**2)], [1, -pole], noise))


def _ease(x: Curve) -> Curve:
    """Rise from 0 to 1 with a soft start and end."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def are_linked(note: Note, following: Note) -> bool:
    """Return whether two successive notes are sung in one breath."""
    return following.start - note.end < _LONGEST_LINK


def _glide_seconds(note: Note, singer: Singer) -> float:
    """The length of the glide into a note [s]."""
    return min(singer.glide, 0.35 * (note.end - note.start))


def _first_point(note: Note, singer: Singer, rate: float) -> int:
    """The point of the curve at which the glide into a note starts."""
    return max(0, int((note.start - 0.6 * _glide_seconds(note, singer)) * rate))


def _begin_note(
    curve: Curve,
    times: Curve,
    note: Note,
    previous: Note | None,
    singer: Singer,
    rate: float,
    rng: np.random.Generator,
) -> None:
    """Set the pitch from a note on: after a glide, after a scoop from below, or at once.

    `previous` is the note to glide from; None at the start of a phrase.
    """
    first = _first_point(note, singer, rate)
    tail = times[first:]
    if previous is not None:
        glide = _glide_seconds(note, singer)
        rise = _ease((tail - (note.start - 0.6 * glide)) / glide)
        curve[first:] = previous.midi + (note.midi - previous.midi) * rise
    elif rng.random() < singer.scoop:
        depth = float(rng.uniform(0.5, 1.8))
        rise = _ease((tail - note.start + 0.03) / min(0.12, 0.4 * (note.end - note.start)))
        curve[first:] = note.midi - depth * (1 - rise)
    else:
        curve[first:] = note.midi


def _add_fall(
    curve: Curve, times: Curve, note: Note, rate: float, rng: np.random.Generator
) -> None:
    """Let the pitch fall at the end of a note."""
    fall = min(0.1, 0.25 * (note.end - note.start))
    first = int((note.end - fall) * rate)
    depth = float(rng.uniform(0.3, 1.5))
    curve[first:] -= depth * _ease((times[first:] - note.end + fall) / fall)


def _add_vibrato(
    vibrato: Curve, times: Curve, phase: Curve, note: Note, singer: Singer, rate: float
) -> None:
    """Set the vibrato of one note, with amplitude 1 once it has set in."""
    start, stop = (int(t * rate) for t in (note.start, note.end))
    span = times[start:stop]
    ramp = _ease((span - note.start - singer.vibrato_delay * 0.6) / 0.3)
    ramp *= _ease((note.end - span) / 0.08)
    vibrato[start:stop] = ramp * np.sin(phase[start : start + len(span)])
