"""Soundfont player: adds single notes to a bus and caches what it has rendered."""

from collections import OrderedDict
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.envelopes import RELEASE_FLOOR_DB, release_envelope
from samuel_gen.corpus.installed_fonts import DEFAULT_FONT, DEFAULT_FONT_CENTS, find_soundfont
from samuel_gen.corpus.soundfont import SoundFont, read_soundfont
from samuel_gen.corpus.zone_rendering import render_zone
from samuel_gen.corpus.zones import Zone

Signal = NDArray[np.float32]

_CACHE_BYTES = 96 * 2**20
_REFERENCE_RMS = 0.07
"""The RMS that `Player.measure_trim` brings all programs to."""
_LARGEST_TRIM = 4.0
"""The largest gain of `Player.measure_trim`, 12 dB."""


class Player:
    """Plays single notes of a soundfont, with a bounded cache of rendered notes.

    Args:
        font: the soundfont.
        cache_bytes: the size of the cache [bytes].
    """

    def __init__(self, font: SoundFont, cache_bytes: int = _CACHE_BYTES) -> None:
        self.font = font
        self._cache: OrderedDict[tuple[int, int], tuple[Signal, bool]] = OrderedDict()
        self._cached_bytes = 0
        self._cache_bytes = cache_bytes
        self._trims: dict[tuple[int, int], float] = {}

    def measure_trim(self, program: int, key: int) -> float:
        """Return the linear gain that brings a program to the loudness of all others.

        It is measured on one note of the octave of `key`, over the louder half of its first
        second, and lies between -12 and 12 dB.
        """
        trim = self._trims.get((program, key // 12))
        if trim is None:
            bus = np.zeros((2, SAMPLE_RATE), np.float32)
            middle = key // 12 * 12 + 6
            self.add_note(bus, 0, bus.shape[1], program=program, key=middle, velocity=100)
            halves = (bus**2).sum(axis=0).reshape(2, -1).mean(axis=1)
            rms = float(np.sqrt(halves.max()))
            trim = min(max(_REFERENCE_RMS / max(rms, 1e-6), 1 / _LARGEST_TRIM), _LARGEST_TRIM)
            self._trims[(program, key // 12)] = trim
        return trim

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
        """Add one note to a stereo bus, in place.

        Args:
            bus: the bus; (2, samples). The end of the note is cut off at the end of the bus.
            start: the first sample of the note.
            held: the number of samples until the key is released.
            program: the General MIDI program, from 0.
            key, velocity: the key and the velocity (MIDI, 0-127).
            gain: the linear gain in addition to that of the velocity.
            pan: the position from -1 (left) to 1 (right), added to that of the font.
            bank: the bank of the font; 128 holds the drum kits.
        """
        note_gain = gain * (velocity / 127) ** 2
        for zone in self.font.find_zones(bank, program, key, velocity):
            release = max(zone.volume.release, 0.02) * RELEASE_FLOOR_DB / 100
            tail = int(release * SAMPLE_RATE)
            body = self._get_body(zone, key, held + tail)
            body = body[: min(held + tail, bus.shape[1] - start)]
            if len(body) > held:
                body = body.copy()
                body[held:] *= release_envelope(tail)[: len(body) - held]
            angle = (min(max(zone.pan + pan, -1.0), 1.0) + 1) * np.pi / 4
            amplitude = note_gain * 10 ** (-zone.attenuation_db / 20)
            stop = start + len(body)
            bus[0, start:stop] += body * np.float32(amplitude * np.cos(angle))
            bus[1, start:stop] += body * np.float32(amplitude * np.sin(angle))

    def _get_body(self, zone: Zone, key: int, count: int) -> Signal:
        """Return the sound of a zone while the key is held: `count` samples or all that it has."""
        cached = self._cache.get((zone.index, key))
        if cached is not None:
            body, is_complete = cached
            if is_complete or len(body) >= count:
                self._cache.move_to_end((zone.index, key))
                return body
            self._cached_bytes -= body.nbytes
        wanted = -(-count // 8192) * 8192
        body = render_zone(zone, key, wanted, self.font.tuning_cents)
        self._cache[(zone.index, key)] = (body, len(body) < wanted)
        self._cache.move_to_end((zone.index, key))
        self._cached_bytes += body.nbytes
        while self._cached_bytes > self._cache_bytes and len(self._cache) > 1:
            _, (dropped, _) = self._cache.popitem(last=False)
            self._cached_bytes -= dropped.nbytes
        return body


@lru_cache(maxsize=4)
def get_shared_player(soundfont: Path | None = None) -> Player:
    """Return the player of a soundfont, one per font and process.

    Args:
        soundfont: the soundfont; None for the one that pretty_midi installs.
    """
    if soundfont is None:
        return Player(read_soundfont(find_soundfont(DEFAULT_FONT), DEFAULT_FONT_CENTS))
    return Player(read_soundfont(soundfont))
