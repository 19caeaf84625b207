"""The score of a rendered song as a MIDI file, with its beats as the tempo map."""

from collections.abc import Callable
from pathlib import Path

import mido

from samuel_gen.corpus.score import PartNotes, Score
from samuel_gen.lead_sheet.midi import SungNote, write_midi

_DRUM_CHANNEL = 9
_FREE_CHANNELS = tuple(channel for channel in range(2, 16) if channel != _DRUM_CHANNEL)
"""The channels that the lead sheet's own tracks leave free."""


def write_score_midi(score: Score, path: str | Path) -> None:
    """Write the lead sheet with the melody, and one track for each part of the accompaniment."""
    import pretty_midi

    path = Path(path)
    notes = [SungNote(note.start, note.end, note.midi) for note in score.melody]
    write_midi(score.lead_sheet, path, notes)
    clock = pretty_midi.PrettyMIDI(str(path))
    file = mido.MidiFile(str(path))
    channels = iter(_FREE_CHANNELS)
    for part in score.parts:
        channel = _DRUM_CHANNEL if part.is_drums else next(channels)
        file.tracks.append(_make_track(part, channel, clock.time_to_tick))
    file.save(str(path))


def _make_track(part: PartNotes, channel: int, tick_at: Callable[[float], float]) -> mido.MidiTrack:
    """Make the track of a part; at the same tick, notes end before others start."""
    events = []
    for note in part.notes:
        start = round(tick_at(note.start))
        stop = max(start + 1, round(tick_at(note.end)))
        on = mido.Message("note_on", note=note.midi, velocity=note.velocity, channel=channel)
        events.append((start, 1, on))
        events.append((stop, 0, mido.Message("note_off", note=note.midi, channel=channel)))
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=part.name))
    track.append(mido.Message("program_change", program=part.program, channel=channel))
    at = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - at))
        at = tick
    track.append(mido.MetaMessage("end_of_track"))
    return track
