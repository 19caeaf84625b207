"""Rendering of soundfont zones: transposed samples with loops, filters and volume envelopes."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.envelopes import modulation_envelope, volume_envelope
from samuel_gen.corpus.zones import Zone

Signal = NDArray[np.float32]

_FILTER_BLOCK = 256
"""The number of samples for which the cutoff of a filter stays constant."""
_OPEN_CENTS = 13200.0
"""The cutoff from which on a filter without resonance is skipped [cents above 8.176 Hz]."""
_FLOOR_DB = 90.0
"""The attenuation at which a decaying note counts as silent [dB]."""


def render_zone(zone: Zone, key: int, count: int, tuning_cents: float = 0.0) -> Signal:
    """Render the sound of a zone while the key is held.

    Args:
        zone: the zone.
        key: the key (MIDI).
        count: the number of samples to render.
        tuning_cents: the correction of the tuning [cents].

    Returns:
        The sound; (count,), or shorter if the note ends or decays to silence earlier.
    """
    if zone.volume.sustain > _FLOOR_DB:
        audible = zone.volume.attack + zone.volume.hold + zone.volume.decay * _FLOOR_DB / 100
        count = min(count, int((zone.volume.delay + audible) * SAMPLE_RATE) + 1)
    body = _filter(zone, _resample(zone, key, count, tuning_cents))
    body *= volume_envelope(zone.volume, len(body))
    return body


def _resample(zone: Zone, key: int, count: int, tuning_cents: float) -> Signal:
    """Transpose the sample of a zone to a key by four-point Hermite interpolation."""
    cents = zone.cents_per_key * (key - zone.root) + tuning_cents
    step = zone.rate / SAMPLE_RATE * 2.0 ** (cents / 1200)
    if zone.modulation_to_pitch:
        seconds = np.arange(count, dtype=np.float64) / SAMPLE_RATE
        bend = zone.modulation_to_pitch * modulation_envelope(zone.modulation, seconds)
        position = np.cumsum(step * 2.0 ** (bend / 1200)) - step
    else:
        position = np.arange(count, dtype=np.float64) * step
    wave = _unroll(zone, int(position[-1]) + 4 if count else 4)
    if zone.loop is None:
        position = position[: np.searchsorted(position, zone.end - zone.start - 1)]
    whole = position.astype(np.int32)
    x = (position - whole).astype(np.float32)
    a, b, c, d = (np.take(wave, whole + tap) for tap in range(4))
    cubic, square = 0.5 * (d - a) + 1.5 * (b - c), a - 2.5 * b + 2 * c - 0.5 * d
    return np.asarray(((cubic * x + square) * x + 0.5 * (c - a)) * x + b, dtype=np.float32)


def _unroll(zone: Zone, count: int) -> Signal:
    """Return the sample of a zone with its loop repeated to `count` points.

    The first point is doubled, for the interpolation looks one point back.
    """
    samples = zone.samples
    if zone.loop is None:
        pieces = [samples[zone.start : zone.end], np.zeros(4, np.int16)]
    else:
        head, loop = samples[zone.start : zone.loop[1]], samples[slice(*zone.loop)]
        repeats = max(0, -(-(count - len(head)) // len(loop)))
        pieces = [head, np.tile(loop, repeats), loop[:4]]
    wave = np.concatenate([samples[zone.start : zone.start + 1], *pieces])
    return np.asarray(wave / np.float32(32768), dtype=np.float32)


def _filter(zone: Zone, body: Signal) -> Signal:
    """Apply the low-pass filter of a zone, its cutoff moved by the modulation envelope."""
    blocks = -(-len(body) // _FILTER_BLOCK)
    cents = np.full(blocks, zone.cutoff_cents)
    if zone.modulation_to_cutoff:
        seconds = np.arange(blocks, dtype=np.float64) * (_FILTER_BLOCK / SAMPLE_RATE)
        envelope = modulation_envelope(zone.modulation, seconds)
        cents = cents + zone.modulation_to_cutoff * envelope
    cents = np.clip(np.round(cents / 100) * 100, 1500, 13500)
    if not blocks or (cents >= _OPEN_CENTS).all() and zone.resonance_db < 1:
        return body
    edges = [0, *(np.flatnonzero(np.diff(cents)) + 1).tolist(), blocks]
    state = np.zeros(2)
    output = np.empty_like(body)
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        piece = slice(first * _FILTER_BLOCK, last * _FILTER_BLOCK)
        b, a = _lowpass(float(cents[first]), zone.resonance_db)
        output[piece], state = lfilter(b, a, body[piece], zi=state)
    return output


def _lowpass(cents: float, resonance_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The coefficients (b, a) of a two-pole low-pass with unity gain at 0 Hz.

    Args:
        cents: the cutoff [cents above 8.176 Hz].
        resonance_db: the resonance [dB].
    """
    frequency = min(8.176 * 2.0 ** (cents / 1200), 0.45 * SAMPLE_RATE)
    omega = 2 * np.pi * frequency / SAMPLE_RATE
    alpha = np.sin(omega) / (2 * 10 ** ((resonance_db - 3.01) / 20))
    b = (1 - np.cos(omega)) / 2
    norm = 1 + alpha
    feedback = np.array([1.0, -2 * np.cos(omega) / norm, (1 - alpha) / norm])
    return np.array([b, 2 * b, b]) / norm, feedback
