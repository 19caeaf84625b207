"""The notes of a vocal, for a score or a MIDI file."""

import numpy as np
from jaxtyping import Float, Int

from samuel_gen.lead_sheet.midi import SungNote

_SHORTEST = 0.08  # seconds of a note, and of a rest between two notes
_CHANGE = 0.07  # seconds for which a pitch a semitone off is cheaper than another note
_SYLLABLE = 0.6  # onset strength at which a note of the same pitch begins anew
_FARTHEST = 2.0  # semitones; a pitch farther off costs no more


def segment_notes(
    frequency: Float[np.ndarray, " frames"],
    onsets: Float[np.ndarray, " frames"],
    frame_seconds: float,
    tuning_cents: float = 0.0,
) -> list[SungNote]:
    """Divide a vocal into notes of one pitch.

    A note ends where the singing pauses, where another pitch follows, and where a new syllable
    begins. The pitches are the cheapest path of semitones along the vocal, where each change costs
    something, so that vibrato and glides make no notes of their own.

    Args:
        frequency: the pitch in Hz, 0 for none.
        onsets: the strength of the onset in each frame, 0 to 1.
        frame_seconds: the length of a frame, about 0.01.
        tuning_cents: the offset of the singer from A = 440 Hz; notes are relative to it.
    """
    voiced = frequency > 0
    if not voiced.any():
        return []
    semitones = 69 + 12 * np.log2(frequency[voiced] / 440) - tuning_cents / 100
    pitch = np.zeros(frequency.size, int)
    pitch[voiced] = _find_pitches(semitones, _CHANGE / frame_seconds)
    shortest = max(1, round(_SHORTEST / frame_seconds))
    begins = np.flatnonzero(np.diff(pitch, prepend=0))
    notes: list[SungNote] = []
    for start, stop in zip(begins, [*begins[1:], pitch.size], strict=True):
        if pitch[start] and stop - start >= shortest:
            for first, last in _split_syllables(onsets, int(start), int(stop), shortest):
                seconds = first * frame_seconds, last * frame_seconds
                notes.append(SungNote(*seconds, int(np.clip(pitch[start], 0, 127))))
    return notes


def _find_pitches(
    semitones: Float[np.ndarray, " frames"], change: float
) -> Int[np.ndarray, " frames"]:
    """Return the cheapest path of whole semitones."""
    low, high = int(np.floor(semitones.min())), int(np.ceil(semitones.max()))
    states = np.arange(low, high + 1)
    costs = np.minimum(np.abs(semitones[:, None] - states), _FARTHEST)
    came_from = np.zeros(costs.shape, int)
    total = costs[0]
    for frame in range(1, len(costs)):
        best = int(total.argmin())
        stays = total <= total[best] + change
        came_from[frame] = np.where(stays, np.arange(states.size), best)
        total = np.where(stays, total, total[best] + change) + costs[frame]
    path = np.zeros(len(costs), int)
    path[-1] = int(total.argmin())
    for frame in range(len(costs) - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return np.asarray(states[path])


def _split_syllables(
    onsets: Float[np.ndarray, " frames"], start: int, stop: int, shortest: int
) -> list[tuple[int, int]]:
    """Divide a span where new syllables begin."""
    edges = [start]
    for frame in range(start + 2 * shortest, stop - shortest):
        if onsets[frame] > _SYLLABLE and frame - edges[-1] >= 2 * shortest:
            edges.append(frame)
    return list(zip(edges, [*edges[1:], stop], strict=True))
