"""The score of a rendered song: key, tempo, beats, chords, melody and the notes of all parts."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from samuel_gen.corpus.theory import scale_of


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
        quality: the quality of the chord, a key of `theory.INTERVALS`.
        pitch_classes: the pitch classes of the chord, root first.
    """

    start: float
    end: float
    root: int
    quality: str
    pitch_classes: tuple[int, ...]


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
        tempo: the tempo in beats per minute.
        meter: the time signature, such as "4/4".
        voice: the kind of singer, such as "tenor".
        tuning_cents: the offset of the vocal from A = 440 Hz [cents]; the accompaniment has none.
        beats, downbeats: the times of all beats and of the first beats of the bars [s].
        sections: the sections of the form.
        chords: the harmony, without gaps.
        melody: the notes of the vocal.
        parts: the parts of the accompaniment.
    """

    seed: int
    style: str
    tonic: int
    mode: str
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
        """Return the score that `to_dict` turned into plain values."""
        fields = dict(plain)
        fields["beats"] = tuple(plain["beats"])
        fields["downbeats"] = tuple(plain["downbeats"])
        fields["sections"] = tuple(SectionSpan(**section) for section in plain["sections"])
        fields["chords"] = tuple(
            ChordSpan(**{**chord, "pitch_classes": tuple(chord["pitch_classes"])})
            for chord in plain["chords"]
        )
        fields["melody"] = tuple(Note(**note) for note in plain["melody"])
        fields["parts"] = tuple(
            PartNotes(**{**part, "notes": tuple(Note(*note) for note in part["notes"])})
            for part in plain["parts"]
        )
        return Score(**fields)

    def write_midi(self, path: str | Path) -> None:
        """Write the melody, the chords and the parts of the accompaniment as a MIDI file."""
        import pretty_midi

        midi = pretty_midi.PrettyMIDI(initial_tempo=self.tempo * self._quarters_per_beat)
        beats, unit = (int(number) for number in self.meter.split("/"))
        midi.time_signature_changes.append(pretty_midi.TimeSignature(beats, unit, 0.0))
        chords = tuple(
            Note(chord.start, chord.end, 48 + chord.root + (pitch_class - chord.root) % 12, 70)
            for chord in self.chords
            for pitch_class in chord.pitch_classes
        )
        parts = (
            PartNotes("vocal melody", 52, False, self.melody),
            PartNotes("chords", 0, False, chords),
            *self.parts,
        )
        for part in parts:
            instrument = pretty_midi.Instrument(part.program, part.is_drums, part.name)
            instrument.notes = [
                pretty_midi.Note(note.velocity, note.midi, note.start, note.end)
                for note in part.notes
            ]
            midi.instruments.append(instrument)
        midi.write(str(path))

    @property
    def _quarters_per_beat(self) -> float:
        """The length of a beat in quarter notes, the unit of a MIDI file's tempo."""
        return 1.5 if self.meter == "12/8" else 1.0
