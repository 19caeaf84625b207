"""The arrangement as a MIDI file, with the sheet's beats as its tempo map."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import mido
import numpy as np

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chord import NO_CHORD, Chord
from samuel_gen.lead_sheet.counting import cut_start
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.meter import FOUR_FOUR, Meter, parse_meter
from samuel_gen.lead_sheet.pitch_names import name_pitch_class
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.storage import write_atomically

TICKS_PER_QUARTER = 960
_MOST_BEATS = 100_000
_PIANO, _VOICE_OOHS = 0, 53  # General MIDI programs
_BASS, _CHORDS = 36, 60  # MIDI notes of the C from which bass and chord tones are counted


@dataclass(frozen=True)
class SungNote:
    """A note of the vocal.

    Attributes:
        start, stop: the times in seconds.
        pitch: the MIDI note, 60 for middle C.
    """

    start: float | int
    stop: float | int
    pitch: int


def write_midi(sheet: LeadSheet, path: Path, notes: Sequence[SungNote] = ()) -> None:
    """Write a MIDI file: tempo map, time and key signature, chord markers, vocal and chords.

    Time 0 of the file is time 0 of the recording. A whole number of beats leads from there to the
    sheet's first beat; beats before 0 s are left out.

    Args:
        sheet: the lead sheet.
        path: the file to write.
        notes: the sung notes.
    """
    sheet = cut_start(sheet)
    grid = _Grid.of(sheet)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER)
    file.tracks.append(_conductor_track(sheet, grid))
    if notes:
        events = []
        for note in notes:
            on = mido.Message("note_on", note=note.pitch, velocity=90, channel=0)
            events.append((grid.tick_at(sheet, note.start), on))
            off = mido.Message("note_off", note=note.pitch, channel=0)
            events.append((grid.tick_at(sheet, note.stop), off))
        file.tracks.append(_track("Vocal", _VOICE_OOHS, 0, events))
    if sheet.chords:
        file.tracks.append(_track("Chords", _PIANO, 1, _chord_events(sheet, grid)))
    with write_atomically(path) as temporary:
        file.save(str(temporary))


def read_tempo_map(path: Path, seconds: float | int = 0) -> LeadSheet:
    """Read the beats and the meter from a MIDI file's tempo map.

    Args:
        path: the MIDI file.
        seconds: the time until which the last tempo goes on after the file's end.

    Raises:
        SamuelError: the file cannot be read, or it has no tempo of its own.
    """
    try:
        file = mido.MidiFile(str(path))
    except (OSError, ValueError, EOFError, IndexError, KeyError) as error:
        raise SamuelError(
            f"{path}: not a MIDI file that can be read ({' '.join(str(error).split())})"
        ) from None
    tempi, meters, end = [], [], 0
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                tempi.append((tick, message.tempo))
            elif message.type == "time_signature":
                meters.append((tick, message.numerator, message.denominator))
        end = max(end, tick)
    if not tempi:
        raise SamuelError(
            f"{path}: no tempo in this MIDI file (120 BPM is only its default); export it with its "
            "tempo map, or give --tempo"
        )
    if file.ticks_per_beat <= 0 or tempi[-1][1] <= 0:
        raise SamuelError(f"{path}: its tempo is not one that can be played; export it again")
    meter, pickup_ticks = _read_meter(meters, file.ticks_per_beat)
    step = meter.quarters_per_beat * file.ticks_per_beat
    count = max(2, ceil(end / step))
    if count > _MOST_BEATS:
        raise SamuelError(f"{path}: {count} beats are more than a song has; is it damaged?")
    beats = [_seconds_at(at * step, tempi, file.ticks_per_beat) for at in range(count)]
    period = step * tempi[-1][1] / file.ticks_per_beat / 1e6
    more = min(_MOST_BEATS, max(0, ceil((seconds - beats[-1]) / period)))
    beats += [beats[-1] + period * (at + 1) for at in range(more)]
    pickup = round(pickup_ticks / step)
    return LeadSheet(tuple(beats), (-pickup) % meter.beats_per_bar + 1, meter)


def _read_meter(
    signatures: Sequence[tuple[int, int, int]], ticks_per_quarter: int
) -> tuple[Meter, int]:
    """Return the first whole bar's meter, and the ticks of a shorter bar before it."""
    if not signatures:
        return FOUR_FOUR, 0
    first, *later = signatures
    if later:
        tick, numerator, denominator = later[0]
        if tick < numerator * 4 / denominator * ticks_per_quarter:
            return parse_meter(f"{numerator}/{denominator}"), tick
    return parse_meter(f"{first[1]}/{first[2]}"), 0


@dataclass(frozen=True)
class _Grid:
    """The places of a sheet's beats in ticks.

    Attributes:
        lead_beats: the number of beats from time 0 to the sheet's first beat.
        beat_ticks: the length of a beat in ticks.
    """

    lead_beats: int
    beat_ticks: int

    @classmethod
    def of(cls, sheet: LeadSheet) -> "_Grid":
        """Choose a lead of whole beats that puts the sheet's downbeats on bar lines."""
        first, bar = sheet.beats[0], sheet.meter.beats_per_bar
        lead = 0
        if first > 0:
            lead = max(1, round(first / (sheet.beats[1] - first)))
            lead += (sheet.first_position - 1 - lead) % bar
        return cls(lead, round(TICKS_PER_QUARTER * sheet.meter.quarters_per_beat))

    def tick(self, beat: float | int) -> int:
        """Return the tick of a place in beats from the sheet's first beat."""
        return max(0, round((self.lead_beats + beat) * self.beat_ticks))

    def tick_at(self, sheet: LeadSheet, seconds: float | int) -> int:
        """Return the tick of a time in seconds."""
        first = sheet.beats[0]
        if self.lead_beats and seconds < first:
            return round(max(0.0, seconds) / first * self.lead_beats * self.beat_ticks)
        return self.tick(float(sheet.beat_at(np.array([seconds]))[0]))


def _conductor_track(sheet: LeadSheet, grid: _Grid) -> mido.MidiTrack:
    """Make the track of tempo map, signatures and chord markers.

    Each beat gets a tempo of its own. It is rounded to microseconds with the error of the beats
    before it carried along, so that no beat is off by more than a microsecond per quarter.
    """
    meter = sheet.meter
    events: list[tuple[int, mido.MetaMessage]] = [
        (0, mido.MetaMessage("track_name", name="Lead sheet")),
    ]
    pickup = (1 - sheet.first_position) % meter.beats_per_bar
    if pickup and not grid.lead_beats:  # a short bar, so that the downbeats lie on bar lines
        events.append((0, _time_signature(meter, pickup)))
        events.append((grid.tick(pickup), _time_signature(meter, meter.beats_per_bar)))
    else:
        events.append((0, _time_signature(meter, meter.beats_per_bar)))
    if sheet.key:
        events.append((0, mido.MetaMessage("key_signature", key=_midi_key(sheet.key))))
    written = 0.0  # seconds at the place reached so far, as a reader computes them
    places = [(-grid.lead_beats, grid.lead_beats, sheet.beats[0])] if grid.lead_beats else []
    places += [(beat, 1, time) for beat, time in enumerate(sheet.beats[1:])]
    if not grid.lead_beats:
        written = sheet.beats[0]
    for beat, count, reached in places:
        quarters = count * meter.quarters_per_beat
        tempo = max(1, min(2**24 - 1, round((reached - written) * 1e6 / quarters)))
        events.append((grid.tick(beat), mido.MetaMessage("set_tempo", tempo=tempo)))
        written += tempo * quarters / 1e6
    for change in sheet.chords:
        events.append(
            (grid.tick(change.beat), mido.MetaMessage("marker", text=_marker(sheet, change.chord)))
        )
    return _to_track(events, grid.tick(len(sheet.beats)))


def _time_signature(meter: Meter, beats: int) -> mido.MetaMessage:
    """Make the time signature of a bar of so many beats."""
    numerator = beats * (3 if meter.is_compound else 1)
    return mido.MetaMessage("time_signature", numerator=numerator, denominator=meter.denominator)


def _chord_events(sheet: LeadSheet, grid: _Grid) -> list[tuple[int, mido.Message]]:
    stops = [change.beat for change in sheet.chords[1:]] + [len(sheet.beats)]
    events = []
    for change, stop in zip(sheet.chords, stops, strict=True):
        if change.chord is None:
            continue
        pitches = [_BASS + change.chord.bass]
        pitches += [_CHORDS + pitch_class for pitch_class in sorted(change.chord.pitch_classes)]
        for pitch in pitches:
            on = mido.Message("note_on", note=pitch, velocity=70, channel=1)
            events.append((grid.tick(change.beat), on))
            events.append((grid.tick(stop), mido.Message("note_off", note=pitch, channel=1)))
    return events


def _track(
    name: str, program: int, channel: int, events: Sequence[tuple[int, mido.Message]]
) -> mido.MidiTrack:
    head = [
        (0, mido.MetaMessage("track_name", name=name)),
        (0, mido.Message("program_change", program=program, channel=channel)),
    ]
    return _to_track([*head, *events])


def _to_track(
    events: Sequence[tuple[int, mido.Message | mido.MetaMessage]], end: int = 0
) -> mido.MidiTrack:
    """Order events by tick, ends of notes first, and write the distances between them."""
    track, tick = mido.MidiTrack(), 0
    for at, message in sorted(events, key=lambda event: (event[0], event[1].type != "note_off")):
        track.append(message.copy(time=at - tick))
        tick = at
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - tick)))
    return track


def _marker(sheet: LeadSheet, chord: Chord | None) -> str:
    return NO_CHORD if chord is None else chord.format(sheet.key.spelling if sheet.key else None)


def _midi_key(key: Key) -> str:
    name = name_pitch_class(key.tonic, key.spelling)
    return name if key.mode == "major" else f"{name}m"


def _seconds_at(
    tick: float | int, tempi: Sequence[tuple[int, int]], ticks_per_quarter: int
) -> float:
    """Return the time of a tick under a tempo map; 120 BPM before the first tempo."""
    seconds, at, tempo = 0.0, 0.0, 500_000
    for change, next_tempo in tempi:
        if change >= tick:
            break
        seconds += (change - at) * tempo / ticks_per_quarter / 1e6
        at, tempo = change, next_tempo
    return seconds + (tick - at) * tempo / ticks_per_quarter / 1e6
