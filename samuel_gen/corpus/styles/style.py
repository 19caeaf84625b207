"""A style is data: meter, tempo, harmony and the patterns that its band plays.

A pattern is a string with one character per step of a bar (or of several bars):
`.` is silence, `-` holds what sounds, and the others start something:

- drums: `X` accent, `x` stroke, `o` soft, `g` ghost;
- bass: `R` root, `5` fifth, `8` octave, `3` third, `a` approach to the next chord's root, `w` walk;
- chords: `X` and `x` strike the whole chord, `1` to `5` play one voice of it from below
  (`5` is the lowest voice an octave up), `h` the upper voices, `b` the lowest voice.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Meter:
    """Beats per bar and steps per beat; `name` as on paper."""

    name: str
    beats: int
    steps_per_beat: int

    @property
    def steps(self) -> int:
        """Steps per bar."""
        return self.beats * self.steps_per_beat


FOUR_FOUR = Meter("4/4", 4, 4)
THREE_FOUR = Meter("3/4", 3, 4)
TWELVE_EIGHT = Meter("12/8", 4, 3)


@dataclass(frozen=True)
class Groove:
    """What the drummer plays: pairs of (drum, pattern), drums named as in `drums.DRUMS`."""

    strokes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """One instrument's role.

    `programs` are General MIDI programs to choose from; `calm` and `lively` patterns serve
    sections of low and high energy; `low` and `high` bound the register (MIDI); `level_db` is
    its place in the mix; it joins a song with probability `presence`, and within the song plays
    in sections whose energy is at least `enters_at`.
    """

    programs: tuple[int, ...]
    calm: tuple[str, ...]
    lively: tuple[str, ...]
    low: int
    high: int
    level_db: float = 0.0
    presence: float = 1.0
    enters_at: float = 0.0
    voices: int = 4


@dataclass(frozen=True)
class Style:
    """All that a song of this style is drawn from.

    `tempo` is in beats per minute; `swing` is where the off-beat falls between two beats (0.5 is
    straight, 0.667 a triplet; 0.5 in meters that are triple already); progressions are roman
    numerals, bars apart by blanks, chords within a bar by commas; `note_seconds` is the melody's
    usual note length and `syncopation` (0-1) its love of off-beats.
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
    fills: bool = True
    note_seconds: float = 0.36
    syncopation: float = 0.3
    room: float = 0.12

    def __post_init__(self) -> None:
        """Checks that every pattern fills whole bars."""
        patterns = [p for part in (self.bass, *self.chords) for p in part.calm + part.lively]
        for groove in self.calm_grooves + self.lively_grooves:
            patterns += [pattern for _, pattern in groove.strokes]
        for pattern in patterns:
            assert len(pattern) % self.meter.steps == 0, (self.name, pattern)
