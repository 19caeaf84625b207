"""What is known about a rendered song: key, tempo, beats, chords, melody and the band's notes."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from samuel_gen.corpus.theory import scale_of


@dataclass(frozen=True)
class Note:
    """A note from `start` to `end` [s], `midi` pitch, `velocity` 1-127."""

    start: float
    end: float
    midi: int
    velocity: int = 90


@dataclass(frozen=True)
class ChordSpan:
    """A chord from `start` to `end` [s]; `quality` as in `theory.INTERVALS`, root first."""

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
    """What one instrument plays: a General MIDI program, or a drum kit of bank 128."""

    name: str
    program: int
    is_drums: bool
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Score:
    """The truth about one song.

    `tonic` is a pitch class (0 = C), `mode` "major" or "minor", `tempo` in beats per minute,
    `meter` as on paper; `beats` and `downbeats` in seconds. The band is tuned to A = 440 Hz and
    the whole voice `tuning_cents` away from it.
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
        """The key's seven pitch classes, tonic first."""
        return scale_of(self.tonic, self.mode)

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers, as JSON has them."""
        listed = asdict(self)
        for name, value in listed.items():
            listed[name] = list(value) if isinstance(value, tuple) else value
        listed["chords"] = [
            {**c, "pitch_classes": list(c["pitch_classes"])} for c in listed["chords"]
        ]
        listed["parts"] = [
            {**part, "notes": [list(note.values()) for note in part["notes"]]}
            for part in listed["parts"]
        ]
        return listed

    @staticmethod
    def from_dict(plain: dict[str, Any]) -> "Score":
        """The score that `to_dict` wrote."""
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
        """Writes the vocal melody, the chords and the band's parts as a MIDI file."""
        import pretty_midi

        midi = pretty_midi.PrettyMIDI(initial_tempo=self.tempo * self._quarters_per_beat)
        beats, unit = (int(number) for number in self.meter.split("/"))
        midi.time_signature_changes.append(pretty_midi.TimeSignature(beats, unit, 0.0))
        chords = tuple(
            Note(chord.start, chord.end, 48 + chord.root + (pitch_class - chord.root) % 12, 70)
            for chord in self.chords
            for pitch_class in chord.pitch_classes
        )
        tracks = (
            PartNotes("vocal melody", 52, False, self.melody),
            PartNotes("chords", 0, False, chords),
            *self.parts,
        )
        for part in tracks:
            track = pretty_midi.Instrument(part.program, part.is_drums, part.name)
            track.notes = [
                pretty_midi.Note(note.velocity, note.midi, note.start, note.end)
                for note in part.notes
            ]
            midi.instruments.append(track)
        midi.write(str(path))

    @property
    def _quarters_per_beat(self) -> float:
        return 1.5 if self.meter == "12/8" else 1.0
