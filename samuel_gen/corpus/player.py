"""Plays notes with a soundfont: resampling, loops, envelopes and filters in numpy."""

from collections import OrderedDict
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from samuel_gen.corpus.soundfont import SoundFont, read_soundfont
from samuel_gen.corpus.zones import Envelope, Zone

SAMPLE_RATE = 44100
Signal = NDArray[np.float32]
Curve = NDArray[np.float64]

_FILTER_BLOCK = 256
_OPEN_CENTS = 13200.0
_FLOOR_DB = 90.0
_RELEASE_FLOOR_DB = 60.0
_CACHE_BYTES = 96 * 2**20
_FONT_CENTS = -2.0
"""TimGM6mb's looped samples are up to three cents sharp (loops of whole samples), its pads flat."""
_REFERENCE_RMS = 0.07
_MOST_TRIM = 4.0


def _lowpass(cents: float, resonance_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients of a two-pole low-pass, unity at 0 Hz."""
    frequency = min(8.176 * 2.0 ** (cents / 1200), 0.45 * SAMPLE_RATE)
    omega = 2 * np.pi * frequency / SAMPLE_RATE
    alpha = np.sin(omega) / (2 * 10 ** ((resonance_db - 3.01) / 20))
    b = (1 - np.cos(omega)) / 2
    norm = 1 + alpha
    feedback = np.array([1.0, -2 * np.cos(omega) / norm, (1 - alpha) / norm])
    return np.array([b, 2 * b, b]) / norm, feedback


def _modulation(envelope: Envelope, seconds: Curve) -> Curve:
    """The modulation envelope, 0 to 1, at some times after the key went down."""
    up = envelope.delay + envelope.attack
    down = up + envelope.hold
    times = [envelope.delay, up + 1e-6, down + 2e-6, down + envelope.decay + 3e-6]
    return np.interp(seconds, times, [0.0, 1.0, 1.0, envelope.sustain], left=0.0)


def _volume(envelope: Envelope, count: int) -> Signal:
    """The volume envelope as amplitudes: linear attack, decay straight in dB."""
    times = np.arange(count, dtype=np.float32) / SAMPLE_RATE - envelope.delay
    after = times - (envelope.attack + envelope.hold)
    fall = np.maximum(after, 0) * (100 / max(envelope.decay, 1e-3))
    level = 10 ** (np.minimum(fall, min(envelope.sustain, 100.0)) / -20)
    if envelope.attack > 0:
        level = level * np.clip(times / envelope.attack, 0, 1)
    return np.asarray(level, dtype=np.float32)


@lru_cache(maxsize=64)
def _release(count: int) -> Signal:
    """A release of so many samples, straight in dB, down to the floor."""
    level = 10 ** np.linspace(0, -_RELEASE_FLOOR_DB / 20, count)
    return np.asarray(level, dtype=np.float32)


class Player:
    """A soundfont with a bounded memory of the notes that it has already resampled."""

    def __init__(self, font: SoundFont, cache_bytes: int = _CACHE_BYTES) -> None:
        self.font = font
        self._cache: OrderedDict[tuple[int, int], tuple[Signal, bool]] = OrderedDict()
        self._cached_bytes = 0
        self._cache_bytes = cache_bytes
        self._trims: dict[tuple[int, int], float] = {}

    def trim(self, program: int, key: int) -> float:
        """The linear gain that brings a program's notes around `key` to a common level.

        Measured over the louder half of one note's first second; at most 12 dB either way.
        """
        found = self._trims.get((program, key // 12))
        if found is None:
            bus = np.zeros((2, SAMPLE_RATE), np.float32)
            middle = key // 12 * 12 + 6
            self.add_note(bus, 0, bus.shape[1], program=program, key=middle, velocity=100)
            halves = (bus**2).sum(axis=0).reshape(2, -1).mean(axis=1)
            level = float(np.sqrt(halves.max()))
            found = min(max(_REFERENCE_RMS / max(level, 1e-6), 1 / _MOST_TRIM), _MOST_TRIM)
            self._trims[(program, key // 12)] = found
        return found

    def add_note(
        self,
        bus: Signal,
        start: int,
        held: int,
        *,
        program: int,
        key: int,
        velocity: int,
        gain: float = 1.0,
        pan: float = 0.0,
        bank: int = 0,
    ) -> None:
        """Adds one note to a stereo bus, in place.

        Args:
            bus: shape (2, samples); what lies beyond its end is cut.
            start, held: first sample and samples until the key is released.
            program, bank: General MIDI program from 0; bank 128 holds the drum kits.
            key, velocity: MIDI, 0-127.
            gain: linear, on top of the velocity's.
            pan: -1 (left) to 1, on top of the font's.
        """
        loudness = gain * (velocity / 127) ** 2
        for zone in self.font.zones(bank, program, key, velocity):
            release = max(zone.volume.release, 0.02) * _RELEASE_FLOOR_DB / 100
            tail = int(release * SAMPLE_RATE)
            body = self._body(zone, key, held + tail)
            body = body[: min(held + tail, bus.shape[1] - start)]
            if len(body) > held:
                body = body.copy()
                body[held:] *= _release(tail)[: len(body) - held]
            angle = (min(max(zone.pan + pan, -1.0), 1.0) + 1) * np.pi / 4
            amplitude = loudness * 10 ** (-zone.attenuation_db / 20)
            stop = start + len(body)
            bus[0, start:stop] += body * np.float32(amplitude * np.cos(angle))
            bus[1, start:stop] += body * np.float32(amplitude * np.sin(angle))

    def _body(self, zone: Zone, key: int, count: int) -> Signal:
        """The zone's sound while the key stays down, at least `count` samples or all there is."""
        found = self._cache.get((zone.index, key))
        if found is not None and (found[1] or len(found[0]) >= count):
            self._cache.move_to_end((zone.index, key))
            return found[0]
        wanted = -(-count // 8192) * 8192
        body = self._rendered(zone, key, wanted)
        if found is not None:
            self._cached_bytes -= found[0].nbytes
        self._cache[(zone.index, key)] = (body, len(body) < wanted)
        self._cache.move_to_end((zone.index, key))
        self._cached_bytes += body.nbytes
        while self._cached_bytes > self._cache_bytes and len(self._cache) > 1:
            _, (dropped, _) = self._cache.popitem(last=False)
            self._cached_bytes -= dropped.nbytes
        return body

    def _rendered(self, zone: Zone, key: int, count: int) -> Signal:
        if zone.volume.sustain > _FLOOR_DB:
            audible = zone.volume.attack + zone.volume.hold + zone.volume.decay * _FLOOR_DB / 100
            count = min(count, int((zone.volume.delay + audible) * SAMPLE_RATE) + 1)
        body = self._resampled(zone, key, count)
        body = self._filtered(zone, body)
        body *= _volume(zone.volume, len(body))
        return body

    def _resampled(self, zone: Zone, key: int, count: int) -> Signal:
        """Four-point Hermite interpolation of the sample, its loop unrolled."""
        cents = zone.cents_per_key * (key - zone.root) + _FONT_CENTS
        step = zone.rate / SAMPLE_RATE * 2.0 ** (cents / 1200)
        if zone.modulation_to_pitch:
            seconds = np.arange(count, dtype=np.float64) / SAMPLE_RATE
            bend = zone.modulation_to_pitch * _modulation(zone.modulation, seconds)
            position = np.cumsum(step * 2.0 ** (bend / 1200)) - step
        else:
            position = np.arange(count, dtype=np.float64) * step
        wave = self._unrolled(zone, int(position[-1]) + 4 if count else 4)
        if zone.loop is None:
            position = position[: np.searchsorted(position, zone.end - zone.start - 1)]
        whole = position.astype(np.int32)
        x = (position - whole).astype(np.float32)
        a, b, c, d = (np.take(wave, whole + tap) for tap in range(4))
        cubic, square = 0.5 * (d - a) + 1.5 * (b - c), a - 2.5 * b + 2 * c - 0.5 * d
        return np.asarray(((cubic * x + square) * x + 0.5 * (c - a)) * x + b, dtype=np.float32)

    def _unrolled(self, zone: Zone, count: int) -> Signal:
        """The zone's sample after a repeated first point, its loop repeated to `count` points."""
        source = self.font.samples
        if zone.loop is None:
            pieces = [source[zone.start : zone.end], np.zeros(4, np.int16)]
        else:
            head, loop = source[zone.start : zone.loop[1]], source[slice(*zone.loop)]
            turns = max(0, -(-(count - len(head)) // len(loop)))
            pieces = [head, np.tile(loop, turns), loop[:4]]
        wave = np.concatenate([source[zone.start : zone.start + 1], *pieces])
        return np.asarray(wave / np.float32(32768), dtype=np.float32)

    def _filtered(self, zone: Zone, body: Signal) -> Signal:
        """The zone's low-pass, its cutoff moved by the modulation envelope."""
        blocks = -(-len(body) // _FILTER_BLOCK)
        seconds: Curve = np.arange(blocks, dtype=np.float64) * (_FILTER_BLOCK / SAMPLE_RATE)
        cents = np.full(blocks, zone.cutoff_cents)
        if zone.modulation_to_cutoff:
            cents = cents + zone.modulation_to_cutoff * _modulation(zone.modulation, seconds)
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


def soundfont_path() -> Path:
    """Where the installed pretty_midi keeps its General MIDI font (never copied from there)."""
    spec = find_spec("pretty_midi")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "TimGM6mb.sf2"


@lru_cache(maxsize=1)
def shared_player() -> Player:
    """This process's player of the installed font."""
    return Player(read_soundfont(soundfont_path()))
