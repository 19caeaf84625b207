"""Rendering of the accompaniment: instruments, gains, panning and reverb."""

import numpy as np
from numpy.typing import NDArray

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.drums import DRUMS
from samuel_gen.corpus.musician import PlacedPart
from samuel_gen.corpus.player import Player
from samuel_gen.corpus.room import add_reverb
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
"""The lowest key of the hand percussion; drums and cymbals lie below."""
_CYMBAL_GAINS = {DRUMS[name]: 1.8 for name in ("hat", "pedal", "open", "ride")}
_QUIET_CYMBAL_KITS = (0, 8, 32)
"""The kits whose cymbals are too quiet without `_CYMBAL_GAINS`."""
_KIT_DB = {0: 0.0, 8: -4.0, 16: -3.0, 24: -1.0, 25: 0.0, 32: 0.0, 40: 1.0, 48: 1.0}
"""The gain that evens out the kits of the font, which differ by up to 6 dB."""
_REVERB_SECONDS = 0.9


def render_accompaniment(
    parts: tuple[PlacedPart, ...], player: Player, samples: int, room: float
) -> Signal:
    """Play all parts and mix them, the bass without reverb.

    Args:
        parts: the parts with their gains and positions.
        player: the player of the soundfont.
        samples: the length of the accompaniment [samples].
        room: the amount of reverb (linear).

    Returns:
        The accompaniment at an arbitrary loudness; (2, samples).
    """
    wet = np.zeros((2, samples), np.float32)
    dry = np.zeros((2, samples), np.float32)
    for placed in parts:
        bus = dry if placed.part.name == "bass" else wet
        for note in placed.part.notes:
            program, gain, pan = _choose_sound(placed, note, player)
            player.add_note(
                bus,
                int(note.start * SAMPLE_RATE),
                int((note.end - note.start) * SAMPLE_RATE),
                program=program,
                key=note.midi,
                velocity=note.velocity,
                gain=gain,
                pan=pan,
                bank=128 if placed.part.is_drums else 0,
            )
    return add_reverb(wet, room, _REVERB_SECONDS) + dry


def _choose_sound(placed: PlacedPart, note: Note, player: Player) -> tuple[int, float, float]:
    """Return program, linear gain and pan of one note; percussion always comes from kit 0."""
    part = placed.part
    gain = 10 ** (placed.gain_db / 20)
    if not part.is_drums:
        return part.program, gain * player.measure_trim(part.program, note.midi), placed.pan
    pan = _DRUM_PANS.get(note.midi, 0.0)
    if note.midi >= _FIRST_PERCUSSION:
        return 0, 0.8 * gain, pan
    if part.program in _QUIET_CYMBAL_KITS:
        gain *= _CYMBAL_GAINS.get(note.midi, 1.0)
    return part.program, gain * 10 ** (_KIT_DB[part.program] / 20), pan
