"""From notes to two stems: band buses, a light room, levels that fit each other."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, oaconvolve, sosfilt

from samuel_gen.corpus.drums import DRUMS
from samuel_gen.corpus.musician import Seat
from samuel_gen.corpus.player import SAMPLE_RATE, Player
from samuel_gen.corpus.score import Note

Signal = NDArray[np.float32]

_DRUM_PANS = {
    DRUMS["hat"]: 0.25,
    DRUMS["pedal"]: 0.25,
    DRUMS["open"]: 0.25,
    DRUMS["crash"]: -0.4,
    DRUMS["ride"]: -0.35,
    DRUMS["tom_high"]: 0.3,
    DRUMS["tom_low"]: -0.3,
    DRUMS["shaker"]: -0.3,
    DRUMS["maracas"]: -0.3,
    DRUMS["tambourine"]: 0.35,
    DRUMS["conga"]: 0.2,
    DRUMS["bongo"]: -0.2,
}
_FIRST_PERCUSSION = 54
_QUIET_CYMBALS = {DRUMS[name]: 1.8 for name in ("hat", "pedal", "open", "ride")}
_QUIET_KITS = (0, 8, 32)
_KIT_DB = {0: 0.0, 8: -4.0, 16: -3.0, 24: -1.0, 25: 0.0, 32: 0.0, 40: 1.0, 48: 1.0}
"""What evens out the font's kits, which differ by up to 6 dB."""


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
    send = dry.mean(axis=0, keepdims=True)
    wet = oaconvolve(send, _room(seconds), axes=1)[:, : dry.shape[1]]
    return np.asarray(dry + np.float32(amount) * wet, dtype=np.float32)


def _sound(seat: Seat, note: Note, player: Player) -> tuple[int, float, float]:
    """Program, linear gain and pan of one note; percussion always sounds as in kit 0."""
    part = seat.notes
    level = 10 ** (seat.level_db / 20)
    if not part.is_drums:
        return part.program, level * player.trim(part.program, note.midi), seat.pan
    pan = _DRUM_PANS.get(note.midi, 0.0)
    if note.midi >= _FIRST_PERCUSSION:
        return 0, 0.8 * level, pan
    if part.program in _QUIET_KITS:
        level *= _QUIET_CYMBALS.get(note.midi, 1.0)
    return part.program, level * 10 ** (_KIT_DB[part.program] / 20), pan


def play_band(seats: tuple[Seat, ...], player: Player, samples: int, room: float) -> Signal:
    """The accompaniment before levelling; (2, samples)."""
    wet = np.zeros((2, samples), np.float32)
    dry = np.zeros((2, samples), np.float32)
    for seat in seats:
        part = seat.notes
        bus = dry if part.name == "bass" else wet
        for note in part.notes:
            program, gain, pan = _sound(seat, note, player)
            start = int(note.start * SAMPLE_RATE)
            player.add_note(
                bus,
                start,
                int((note.end - note.start) * SAMPLE_RATE),
                program=program,
                key=note.midi,
                velocity=note.velocity,
                gain=gain,
                pan=pan,
                bank=128 if part.is_drums else 0,
            )
    return with_room(wet, room, 0.9) + dry
