"""The plan of a song: key, tempo, form and harmony, before a single note."""

from dataclasses import dataclass

import numpy as np

from samuel_gen.corpus.styles.catalogue import STYLES
from samuel_gen.corpus.styles.style import Style
from samuel_gen.corpus.theory import Chord, chord_of

_FORMS = (
    ("verse", "chorus", "verse", "chorus", "bridge", "chorus", "chorus"),
    ("verse", "verse", "chorus", "verse", "chorus", "bridge", "chorus"),
    ("verse", "verse", "bridge", "verse", "bridge", "verse"),
    ("chorus", "verse", "chorus", "verse", "bridge", "chorus"),
)
_ENERGY = {"intro": 0.4, "verse": 0.45, "bridge": 0.6, "chorus": 0.85, "outro": 0.35}


@dataclass(frozen=True)
class Section:
    """A run of bars; sections of one `name` share harmony and melody. `energy` 0-1."""

    name: str
    first_bar: int
    bars: int
    energy: float


@dataclass(frozen=True)
class TimedChord:
    """A chord from one step to another."""

    start: int
    stop: int
    chord: Chord


@dataclass(frozen=True)
class Plan:
    """Everything that the melody and the band have in common.

    `bars` are bars with music; a last chord after them rings to the end of the song, unless the
    song is cut off within its last bar, as an excerpt is.
    """

    style: Style
    tonic: int
    mode: str
    tempo: float
    lead_in: float
    seconds: float
    bars: int
    sections: tuple[Section, ...]
    chords: tuple[TimedChord, ...]

    def time_of(self, step: int) -> float:
        """When a step falls [s], swing included."""
        per_beat = self.style.meter.steps_per_beat
        beat, within = divmod(step / per_beat, 1.0)
        if per_beat == 4:
            swing = self.style.swing
            late = within >= 0.5
            within = swing + (within - 0.5) * (1 - swing) * 2 if late else within * swing * 2
        return float(self.lead_in + (beat + within) * 60 / self.tempo)

    @property
    def step_seconds(self) -> float:
        """A step's mean length [s]."""
        return 60 / self.tempo / self.style.meter.steps_per_beat

    def chord_at(self, step: int) -> TimedChord:
        """The chord that sounds at a step; the last one beyond the end."""
        for timed in self.chords:
            if timed.start <= step < timed.stop:
                return timed
        return self.chords[-1]

    def section_of(self, bar: int) -> Section:
        """The section that a bar belongs to; the last one beyond the end."""
        for section in self.sections:
            if section.first_bar <= bar < section.first_bar + section.bars:
                return section
        return self.sections[-1]


def _dealt(seed: int, count: int, deck: int) -> int:
    """A number below `count`: any `count` consecutive seeds that share a block get each once."""
    block, place = divmod(seed, count)
    return int(np.random.default_rng([block, deck]).permutation(count)[place])


def _sections(bars: int, bar_seconds: float, rng: np.random.Generator) -> tuple[Section, ...]:
    intro = 0
    if bars >= 8 and bars * bar_seconds > 16:
        intro = int(rng.choice([1, 2, 4])) if bars * bar_seconds > 30 else 1
        intro = max(1, min(intro, round(9 / bar_seconds)))
    unit = 16 if bar_seconds < 1.3 and bars > 36 else 8 if bars - intro >= 14 else 4
    form = _FORMS[int(rng.integers(len(_FORMS)))]
    sections = [Section("intro", 0, intro, _ENERGY["intro"])] if intro else []
    at, turn = intro, 0
    while at < bars:
        name = form[turn % len(form)]
        length = min(unit, bars - at)
        if length < min(4, bars) and sections and sections[-1].name != "intro":
            name = "outro"
        rise = 0.05 * sum(section.name == name for section in sections)
        energy = min(1.0, _ENERGY[name] + rise + float(rng.uniform(-0.1, 0.1)))
        sections.append(Section(name, at, length, energy))
        at += length
        turn += 1
    return tuple(sections)


def _harmony(
    style: Style, tonic: int, mode: str, sections: tuple[Section, ...], rng: np.random.Generator
) -> tuple[TimedChord, ...]:
    """Chords of all bars, then the tonic that the song ends on."""
    pool = style.major if mode == "major" else style.minor
    picks = rng.permutation(len(pool)).tolist()
    order = {"verse": 0, "intro": 0, "outro": 0, "chorus": 1, "bridge": 2}
    dominant = "V7" if rng.random() < 0.5 else "V"
    turns_around = rng.random() < 0.4
    steps = style.meter.steps
    chords: list[TimedChord] = []
    for section in sections:
        progression = pool[picks[order[section.name] % len(picks)]].split()
        for bar in range(section.bars):
            numerals = progression[bar % len(progression)].split(",")
            if turns_around and section.bars >= 8 and bar == section.bars - 1:
                numerals = [numerals[0], dominant]
            start = (section.first_bar + bar) * steps
            beats = style.meter.beats
            edges = [start + round(i * beats / len(numerals)) * steps // beats for i in range(3)]
            edges[len(numerals)] = start + steps
            for i, numeral in enumerate(numerals):
                chords.append(TimedChord(edges[i], edges[i + 1], chord_of(numeral, tonic)))
    last = (sections[-1].first_bar + sections[-1].bars) * steps
    chords.append(TimedChord(last, last + steps, chord_of("I" if mode == "major" else "i", tonic)))
    return tuple(chords)


def plan_song(
    seed: int, seconds: float, rng: np.random.Generator, styles: tuple[Style, ...] = STYLES
) -> Plan:
    """Draws a plan. Keys and styles are dealt like cards, so that few songs cover them all.

    Args:
        seed: the song's; decides key and style.
        seconds: the song's length.
        rng: everything else.
        styles: what is dealt.
    """
    style = styles[_dealt(seed, len(styles), 1)]
    mode = "minor" if rng.random() < style.minor_share else "major"
    tempo = round(float(rng.uniform(*style.tempo)), 2)
    lead_in = round(float(rng.uniform(0.05, 0.35)), 4)
    bar_seconds = style.meter.beats * 60 / tempo
    is_cut = seconds < 20 or rng.random() < 0.4
    whole = (seconds - lead_in) / bar_seconds
    bars = max(1, int(np.ceil(whole - 0.1) if is_cut else whole))
    sections = _sections(bars, bar_seconds, rng)
    tonic = _dealt(seed, 12, 0)
    chords = _harmony(style, tonic, mode, sections, rng)
    return Plan(style, tonic, mode, tempo, lead_in, seconds, bars, sections, chords)
