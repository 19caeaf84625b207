"""Styles as data: meter, tempo, harmony and the patterns that the parts play.

A step is the smallest unit of the rhythm: a sixteenth in 4/4 and 3/4, an eighth in 6/8 and 12/8.
A pattern is a string with one character per step of one or more bars. `.` is silence, `-` holds
the sounding note, and all other characters start a note:

- drums: `X` accent, `x` stroke, `o` soft stroke, `g` ghost note;
- bass: `R` root, `5` fifth, `8` octave, `3` third, `a` approach to the next chord's root, `w` walk;
- chords: `X` and `x` strike the whole chord, `1` to `5` play one voice of it, counted from below
  (`5` is the lowest voice an octave up), `h` the upper voices, `b` the lowest voice.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Meter:
    """A meter.

    Attributes:
        name: the time signature, such as "4/4".
        beats: the number of beats in a bar.
        steps_per_beat: the number of steps in a beat.
    """

    name: str
    beats: int
    steps_per_beat: int

    @property
    def steps(self) -> int:
        """The number of steps in a bar."""
        return self.beats * self.steps_per_beat


FOUR_FOUR = Meter("4/4", 4, 4)
THREE_FOUR = Meter("3/4", 3, 4)
TWELVE_EIGHT = Meter("12/8", 4, 3)
SIX_EIGHT = Meter("6/8", 2, 3)


@dataclass(frozen=True)
class Groove:
    """A drum pattern.

    Attributes:
        strokes: pairs of a drum, a key of `drums.DRUMS`, and its pattern.
    """

    strokes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """The role of one instrument in a style.

    Attributes:
        programs: the General MIDI programs to choose from.
        calm: the patterns for sections of low energy.
        lively: the patterns for sections of high energy.
        low, high: the register (MIDI).
        gain_db: the gain of the part [dB].
        presence: the probability that a song has the part.
        min_energy: the least energy of the sections in which the part plays (0-1).
        voices: the greatest number of notes in a chord.
    """

    programs: tuple[int, ...]
    calm: tuple[str, ...]
    lively: tuple[str, ...]
    low: int
    high: int
    gain_db: float = 0.0
    presence: float = 1.0
    min_energy: float = 0.0
    voices: int = 4


@dataclass(frozen=True)
class Style:
    """A style: the choices that a song is drawn from.

    Attributes:
        name: the name of the style.
        meter: the meter.
        tempo: the lowest and the highest tempo in beats per minute.
        major, minor: chord progressions as roman numerals, one bar per word, the chords of a bar
            separated by commas.
        minor_share: the probability of a minor key.
        calm_grooves, lively_grooves: the grooves for sections of low and of high energy.
        bass, chords, lead: the roles of the pitched instruments.
        kits: the General MIDI drum kits to choose from.
        swing: the position of the off-beat between two beats; 0.5 is straight, 0.667 a triplet.
            Meters with three steps per beat have 0.5.
        drums_presence: the probability that a song has drums.
        has_fills: whether the drums play fills and crashes.
        note_seconds: the usual note length of the melody [s].
        syncopation: the weight of off-beats in the melody (0-1).
        room: the amount of reverb on the accompaniment (linear).
    """

    name: str
    meter: Meter
    tempo: tuple[float, float]
    major: tuple[str, ...]
    minor: tuple[str, ...]
    minor_share: float
    calm_grooves: tuple[Groove, ...]
    lively_grooves: tuple[Groove, ...]
    bass: Part
    chords: tuple[Part, ...]
    lead: Part
    kits: tuple[int, ...] = (0,)
    swing: float = 0.5
    drums_presence: float = 1.0
    has_fills: bool = True
    note_seconds: float = 0.36
    syncopation: float = 0.3
    room: float = 0.12

    def __post_init__(self) -> None:
        """Check that every pattern fills whole bars."""
        patterns = [p for part in (self.bass, *self.chords) for p in part.calm + part.lively]
        for groove in self.calm_grooves + self.lively_grooves:
            patterns += [pattern for _, pattern in groove.strokes]
        for pattern in patterns:
            assert len(pattern) % self.meter.steps == 0, (self.name, pattern)
