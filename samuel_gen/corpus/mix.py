"""From notes to two stems: band buses, a light room, levels that fit each other."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, oaconvolve, sosfilt

from samuel_gen.corpus.band import Seat
from samuel_gen.corpus.player import SAMPLE_RATE, Player

Signal = NDArray[np.float32]

_DRUM_PANS = {42: 0.25, 44: 0.25, 46: 0.25, 49: -0.4, 51: -0.35, 50: 0.3, 47: 0.0, 43: -0.3}


@lru_cache(maxsize=4)
def _room(seconds: float) -> Signal:
    """A stereo impulse response of decaying, darkening noise with unit energy; (2, samples)."""
    count = int(1.2 * seconds * SAMPLE_RATE)
    noise = np.random.default_rng(7).standard_normal((2, count))
    times = np.arange(count) / SAMPLE_RATE
    noise *= 10 ** (-3 * times / seconds)
    noise = sosfilt(butter(1, (250, 5500), "bandpass", fs=SAMPLE_RATE, output="sos"), noise)
    noise[:, : int(0.012 * SAMPLE_RATE)] *= 0.2
    return np.asarray(noise / np.sqrt((noise**2).sum(axis=1, keepdims=True)), dtype=np.float32)


def with_room(dry: Signal, amount: float, seconds: float) -> Signal:
    """A stereo signal (2, samples) with a room around it, `amount` of it linear."""
    if amount <= 0:
        return dry
    send = dry.mean(axis=0)
    wet = oaconvolve(np.stack([send, send]), _room(seconds), axes=1)[:, : dry.shape[1]]
    return np.asarray(dry + np.float32(amount) * wet, dtype=np.float32)


def play_band(seats: tuple[Seat, ...], player: Player, samples: int, room: float) -> Signal:
    """The accompaniment before levelling; (2, samples)."""
    wet = np.zeros((2, samples), np.float32)
    dry = np.zeros((2, samples), np.float32)
    for seat in seats:
        part = seat.notes
        bus = dry if part.name == "bass" else wet
        gain = 10 ** (seat.level_db / 20)
        for note in part.notes:
            start = int(note.start * SAMPLE_RATE)
            held = int((note.end - note.start) * SAMPLE_RATE)
            pan = _DRUM_PANS.get(note.midi, 0.0) if part.is_drums else seat.pan
            player.add_note(
                bus,
                start,
                held,
                program=part.program,
                key=note.midi,
                velocity=note.velocity,
                gain=gain,
                pan=pan,
                bank=128 if part.is_drums else 0,
            )
    return with_room(wet, room, 0.9) + dry


def loudness(stereo: Signal) -> float:
    """Integrated loudness [LUFS] after ITU-R BS.1770-4, gates included; -inf for silence."""
    shelf = ([1.53091, -2.65098, 1.16901], [1.0, -1.66364, 0.71252])
    rumble = ([1.0, -2.0, 1.0], [1.0, -1.98917, 0.98919])
    weighted = lfilter(*shelf, stereo)
    weighted = lfilter(*rumble, weighted)
    hop = SAMPLE_RATE // 10
    count = weighted.shape[1] // hop
    quarters = (weighted[:, : count * hop] ** 2).reshape(2, count, hop).mean(axis=2).sum(axis=0)
    if count >= 4:
        quarters = np.convolve(quarters, np.full(4, 0.25), "valid")
    levels = -0.691 + 10 * np.log10(np.maximum(quarters, 1e-12))
    heard = quarters[levels > -70]
    if not len(heard):
        return float("-inf")
    gate = -0.691 + 10 * np.log10(heard.mean()) - 10
    kept = quarters[levels > max(gate, -70.0)]
    return float(-0.691 + 10 * np.log10(kept.mean()))
