"""The score of a rendered song: key, tempo, beats, chords, melody and the notes of all parts."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from samuel_gen.corpus.theory import scale_of, tones_of
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Key, Mode
from samuel_gen.lead_sheet.meter import parse_meter
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet

_OLD_QUALITIES = {"maj": "", "min": "m", "min6": "m6", "min7": "m7", "min9": "m9"}
"""The names that score.json once had for some qualities."""
_SHORTEST_GAP = 0.01  # seconds without a chord


@dataclass(frozen=True)
class Note:
    """A note.

    Attributes:
        start, end: the time of the note [s].
        midi: the pitch (MIDI).
        velocity: the loudness (MIDI, 1-127).
    """

    start: float
    end: float
    midi: int
    velocity: int = 90


@dataclass(frozen=True)
class ChordSpan:
    """A chord with its time.

    Attributes:
        start, end: the time of the chord [s].
        root: the pitch class of the root, 0 = C.
        quality: the quality of the chord, one of `lead_sheet.chord.qualities()`.
        pitch_classes: the pitch classes of the chord, root first.
        bass: the pitch class of the lowest note; None, in old scores, for the root.
    """

    start: float
    end: float
    root: int
    quality: str
    pitch_classes: tuple[int, ...]
    bass: int | None = None

    @staticmethod
    def of(chord: Chord, start: float, end: float) -> "ChordSpan":
        """Return the span of a chord."""
        return ChordSpan(start, end, chord.root, chord.quality, tones_of(chord), chord.bass)

    @property
    def chord(self) -> Chord:
        """The chord."""
        return Chord(self.root, self.quality, self.root if self.bass is None else self.bass)


@dataclass(frozen=True)
class SectionSpan:
    """A section of the form, such as a verse, from `start` to `end` [s]."""

    start: float
    end: float
    name: str


@dataclass(frozen=True)
class PartNotes:
    """The notes of one instrument.

    Attributes:
        name: the name of the part, such as "bass" or "chords 1".
        program: the General MIDI program, or the drum kit if `is_drums`.
        is_drums: whether the part is played by a drum kit (bank 128).
        notes: the notes in order of time.
    """

    name: str
    program: int
    is_drums: bool
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Score:
    """The ground truth about one rendered song. The field names are keys of score.json.

    Attributes:
        seed: the seed of the song.
        style: the name of the style.
        tonic: the tonic of the key as a pitch class, 0 = C.
        mode: "major" or "minor".
        tempo: the mean tempo in beats per minute.
        meter: the time signature, such as "4/4".
        voice: the kind of singer, such as "tenor".
        tuning_cents: the offset of the vocal from A = 440 Hz [cents]; the accompaniment has none.
        beats, downbeats: the times of all beats and of the first beats of the bars [s].
        sections: the sections of the form.
        chords: the harmony; in its gaps no chord sounds.
        melody: the notes of the vocal.
        parts: the parts of the accompaniment.
    """

    seed: int
    style: str
    tonic: int
    mode: Mode
    tempo: float
    meter: str
    voice: str
    tuning_cents: float
    beats: tuple[float, ...]
    downbeats: tuple[float, ...]
    sections: tuple[SectionSpan, ...]
    chords: tuple[ChordSpan, ...]
    melody: tuple[Note, ...]
    parts: tuple[PartNotes, ...]

    @property
    def scale(self) -> tuple[int, ...]:
        """The seven pitch classes of the key, tonic first."""
        return scale_of(self.tonic, self.mode)

    @property
    def lead_sheet(self) -> LeadSheet:
        """The song's lead sheet."""
        meter = parse_meter(self.meter)
        pickup = self.beats.index(self.downbeats[0])
        sheet = LeadSheet(
            beats=self.beats,
            first_position=(-pickup) % meter.beats_per_bar + 1,
            meter=meter,
            key=Key(self.tonic, self.mode),
            style=self.style,
        )
        return replace(sheet, chords=self._chord_changes())

    def _chord_changes(self) -> tuple[ChordChange, ...]:
        """The chords on beats; a gap between them is a change to no chord."""
        numbers = np.arange(len(self.beats))
        changes, end = [], self.beats[0]
        for span in self.chords:
            if span.start > end + _SHORTEST_GAP:
                changes.append(ChordChange(float(np.interp(end, self.beats, numbers)), None))
            beat = float(np.interp(span.start, self.beats, numbers))
            changes.append(ChordChange(beat, span.chord))
            end = span.end
        return tuple(changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the score as dicts, lists, strings and numbers, ready for JSON."""
        plain = asdict(self)
        for name, value in plain.items():
            plain[name] = list(value) if isinstance(value, tuple) else value
        plain["chords"] = [
            {**chord, "pitch_classes": list(chord["pitch_classes"])} for chord in plain["chords"]
        ]
        plain["parts"] = [
            {**part, "notes": [list(note.values()) for note in part["notes"]]}
            for part in plain["parts"]
        ]
        return plain

    @staticmethod
    def from_dict(plain: dict[str, Any]) -> "Score":
        """Return the score that `to_dict` turned into plain values, in this version or before."""
        fields = dict(plain)
        fields["style"] = plain["style"].replace(" ", "_")
        fields["beats"] = tuple(plain["beats"])
        fields["downbeats"] = tuple(plain["downbeats"])
        fields["sections"] = tuple(SectionSpan(**section) for section in plain["sections"])
        fields["chords"] = tuple(
            ChordSpan(
                **{
                    **chord,
                    "quality": _OLD_QUALITIES.get(chord["quality"], chord["quality"]),
                    "pitch_classes": tuple(chord["pitch_classes"]),
                }
            )
            for chord in plain["chords"]
        )
        fields["melody"] = tuple(Note(**note) for note in plain["melody"])
        fields["parts"] = tuple(
            PartNotes(**{**part, "notes": tuple(Note(*note) for note in part["notes"])})
            for part in plain["parts"]
        )
        return Score(**fields)
