"""How a singer's pitch moves: glides, scoops, delayed vibrato, drift."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from samuel_gen.corpus.score import Note
from samuel_gen.corpus.voices import Voice

CONTROL_HOP = 128
"""Samples between two points of a control curve."""

Curve = NDArray[np.float64]


def _smooth_noise(count: int, rate: float, hertz: float, rng: np.random.Generator) -> Curve:
    """Noise of unit deviation with most of its energy below `hertz`."""
    pole = np.exp(-2 * np.pi * hertz / rate)
    noise = rng.standard_normal(count)
    return np.asarray(lfilter([np.sqrt(1 - pole**2)], [1, -pole], noise))


def _ease(x: Curve) -> Curve:
    """From 0 to 1 with a soft start and end."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def pitch_curve(
    melody: tuple[Note, ...],
    voice: Voice,
    count: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> Curve:
    """The sung pitch in MIDI semitones, fractions included, every `CONTROL_HOP` samples.

    Args:
        melody: in order of time, one note at a time.
        voice: who sings; its tuning is included.
        count: points wanted.
        sample_rate: of the audio [Hz].
        rng: vibrato phases, scoops and drift.
    """
    rate = sample_rate / CONTROL_HOP
    times = np.arange(count) / rate
    curve = np.full(count, float(melody[0].midi))
    vibrato, stray = np.zeros(count), np.zeros(count)
    wobble = 1 + 0.06 * _smooth_noise(count, rate, 1.0, rng)
    phase = 2 * np.pi * np.cumsum(voice.vibrato_hz * wobble) / rate
    most = max(18.0, 2 * voice.intonation_cents)
    for i, note in enumerate(melody):
        previous = melody[i - 1] if i else None
        is_linked = previous is not None and note.start - previous.end < 0.09
        seconds = note.end - note.start
        glide = min(voice.glide, 0.35 * seconds)
        first = max(0, int((note.start - 0.6 * glide) * rate))
        tail = times[first:]
        stray[first:] = np.clip(rng.normal(0, voice.intonation_cents), -most, most)
        if is_linked and previous is not None:
            rise = _ease((tail - (note.start - 0.6 * glide)) / glide)
            curve[first:] = previous.midi + (note.midi - previous.midi) * rise
        elif rng.random() < voice.scoop:
            depth = float(rng.uniform(0.5, 1.8))
            rise = _ease((tail - note.start + 0.03) / min(0.12, 0.4 * seconds))
            curve[first:] = note.midi - depth * (1 - rise)
        else:
            curve[first:] = note.midi
        follows = i + 1 < len(melody) and melody[i + 1].start - note.end < 0.09
        if not follows and rng.random() < 0.5 * voice.scoop:
            fall = min(0.1, 0.25 * seconds)
            last = int((note.end - fall) * rate)
            depth = float(rng.uniform(0.3, 1.5))
            curve[last:] -= depth * _ease((times[last:] - note.end + fall) / fall)
        if seconds > 0.8 * voice.vibrato_delay + 0.12:
            start, stop = (int(t * rate) for t in (note.start, note.end))
            span = times[start:stop]
            ramp = _ease((span - note.start - voice.vibrato_delay * 0.6) / 0.3)
            ramp *= _ease((note.end - span) / 0.08)
            vibrato[start:stop] = ramp * np.sin(phase[start : start + len(span)])
    settled = lfilter([0.06], [1, -0.94], stray)
    cents = voice.vibrato_cents * vibrato + voice.tuning_cents + settled
    cents += np.clip(4.0 * _smooth_noise(count, rate, 0.8, rng), -10, 10)
    cents += voice.jitter_cents * _smooth_noise(count, rate, 25.0, rng)
    return np.asarray(curve + cents / 100)
