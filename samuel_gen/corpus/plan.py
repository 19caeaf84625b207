"""The plan of a rendered song: key, tempo, form and harmony, drawn before any note."""

from dataclasses import dataclass

import numpy as np

from samuel_gen.corpus.styles.catalogue import STYLES
from samuel_gen.corpus.styles.style import Style
from samuel_gen.corpus.tempo import draw_beat_times
from samuel_gen.corpus.theory import parse_numeral
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Mode

_FORMS = (
    ("verse", "chorus", "verse", "chorus", "bridge", "chorus", "chorus"),
    ("verse", "verse", "chorus", "verse", "chorus", "bridge", "chorus"),
    ("verse", "verse", "bridge", "verse", "bridge", "verse"),
    ("chorus", "verse", "chorus", "verse", "bridge", "chorus"),
)
_SLOWEST, _FASTEST = 50.0, 180.0
_WIDER = 1.25
_SHORTEST_LATE_SONG = 20.0
_ENERGY = {"intro": 0.4, "verse": 0.45, "bridge": 0.6, "chorus": 0.85, "outro": 0.35}


@dataclass(frozen=True)
class Section:
    """A section of the form; sections of the same name share harmony and melody.

    Attributes:
        name: "intro", "verse", "chorus", "bridge" or "outro".
        first_bar: the number of its first bar in the song.
        bars: the length in bars.
        energy: the intensity of the playing (0-1).
    """

    name: str
    first_bar: int
    bars: int
    energy: float


@dataclass(frozen=True)
class TimedChord:
    """A chord that sounds from step `start` to step `stop`."""

    start: int
    stop: int
    chord: Chord


@dataclass(frozen=True)
class Plan:
    """The common ground of melody and accompaniment.

    Attributes:
        style: the style of the song.
        tonic: the tonic of the key as a pitch class, 0 = C.
        mode: "major" or "minor".
        tempo: the mean tempo in beats per minute.
        lead_in: the time before the first beat [s].
        seconds: the length of the song [s].
        bars: the number of bars with music. A last chord after them rings to the end of the song,
            unless the song is cut off within its last bar, as an excerpt is.
        sections: the form; the sections cover all bars.
        chords: the harmony, without gaps.
        beat_times: the times of the beats after the first one's [s], if they are not steady;
            beyond both ends the tempo goes on.
    """

    style: Style
    tonic: int
    mode: Mode
    tempo: float
    lead_in: float
    seconds: float
    bars: int
    sections: tuple[Section, ...]
    chords: tuple[TimedChord, ...]
    beat_times: tuple[float, ...] = ()

    def time_of(self, step: int) -> float:
        """The time of a step [s], swing included; steps below 0 lie before the first beat."""
        per_beat = self.style.meter.steps_per_beat
        beat, within = divmod(step / per_beat, 1.0)
        if per_beat == 4:
            swing = self.style.swing
            is_late = within >= 0.5
            within = swing + (within - 0.5) * (1 - swing) * 2 if is_late else within * swing * 2
        if not self.beat_times:
            return float(self.lead_in + (beat + within) * 60 / self.tempo)
        index = min(max(int(beat), 0), len(self.beat_times) - 2)
        start, stop = self.beat_times[index : index + 2]
        return float(self.lead_in + start + (beat - index + within) * (stop - start))

    @property
    def step_seconds(self) -> float:
        """The mean length of a step [s]."""
        return 60 / self.tempo / self.style.meter.steps_per_beat

    def chord_at(self, step: int) -> TimedChord:
        """The chord that sounds at a step; before the song the first one, after it the last."""
        if step < 0:
            return self.chords[0]
        for timed in self.chords:
            if timed.start <= step < timed.stop:
                return timed
        return self.chords[-1]


def _deal(seed: int, count: int, deck: int) -> int:
    """Deal a number below `count` to a seed, like a card from a shuffled deck.

    The `count` seeds of a block (those with the same `seed // count`) get each number once.
    """
    block, place = divmod(seed, count)
    return int(np.random.default_rng([block, deck]).permutation(count)[place])


def _draw_tempo(style: Style, rng: np.random.Generator) -> float:
    """Draw a tempo of the style; one in five may be slower or faster than usual."""
    low, high = style.tempo
    if rng.random() < 0.2:
        low, high = min(low, max(_SLOWEST, low / _WIDER)), max(high, min(_FASTEST, high * _WIDER))
    return round(float(rng.uniform(low, high)), 2)


def _draw_lead_in(seconds: float, has_intro: bool, rng: np.random.Generator) -> float:
    """Draw the time before the first beat [s]; some longer songs begin late, most without intro."""
    is_late = rng.random() < (0.15 if has_intro else 0.6)
    longest = 4.0 if is_late and seconds >= _SHORTEST_LATE_SONG else 0.35
    return round(float(rng.uniform(0.05, longest)), 4)


def _draw_sections(
    bars: int, bar_seconds: float, has_intro: bool, rng: np.random.Generator
) -> tuple[Section, ...]:
    """Draw the form: an intro if there is time for one, then sections for all other bars."""
    intro = 0
    if has_intro and bars >= 8 and bars * bar_seconds > 16:
        intro = int(rng.choice([1, 2, 4])) if bars * bar_seconds > 30 else 1
        intro = max(1, min(intro, round(9 / bar_seconds)))
    unit = 16 if bar_seconds < 1.3 and bars > 36 else 8 if bars - intro >= 14 else 4
    form = _FORMS[int(rng.integers(len(_FORMS)))]
    sections = [Section("intro", 0, intro, _ENERGY["intro"])] if intro else []
    at, index = intro, 0
    while at < bars:
        name = form[index % len(form)]
        length = min(unit, bars - at)
        if length < min(4, bars) and sections and sections[-1].name != "intro":
            name = "outro"
        rise = 0.05 * sum(section.name == name for section in sections)
        energy = min(1.0, _ENERGY[name] + rise + float(rng.uniform(-0.1, 0.1)))
        sections.append(Section(name, at, length, energy))
        at += length
        index += 1
    return tuple(sections)


def _draw_harmony(
    style: Style, tonic: int, mode: Mode, sections: tuple[Section, ...], rng: np.random.Generator
) -> tuple[TimedChord, ...]:
    """Draw the chords of all bars, followed by the final tonic chord."""
    pool = style.major if mode == "major" else style.minor
    picks = rng.permutation(len(pool)).tolist()
    order = {"verse": 0, "intro": 0, "outro": 0, "chorus": 1, "bridge": 2}
    dominant = "V7" if rng.random() < 0.5 else "V"
    has_turnaround = rng.random() < 0.4
    steps = style.meter.steps
    chords: list[TimedChord] = []
    for section in sections:
        progression = pool[picks[order[section.name] % len(picks)]].split()
        for bar in range(section.bars):
            numerals = progression[bar % len(progression)].split(",")
            if has_turnaround and section.bars >= 8 and bar == section.bars - 1:
                numerals = [numerals[0], dominant]
            start = (section.first_bar + bar) * steps
            beats = style.meter.beats
            edges = [start + round(i * beats / len(numerals)) * steps // beats for i in range(3)]
            edges[len(numerals)] = start + steps
            for i, numeral in enumerate(numerals):
                chords.append(TimedChord(edges[i], edges[i + 1], parse_numeral(numeral, tonic)))
    last = (sections[-1].first_bar + sections[-1].bars) * steps
    final = parse_numeral("I" if mode == "major" else "i", tonic)
    chords.append(TimedChord(last, last + steps, final))
    return tuple(chords)


def plan_song(
    seed: int, seconds: float, rng: np.random.Generator, styles: tuple[Style, ...] = STYLES
) -> Plan:
    """Draw the plan of a song. Keys and styles are dealt like cards, so that few songs cover all.

    Args:
        seed: the seed of the song, which decides key and style.
        seconds: the length of the song [s].
        rng: the source of all other random choices.
        styles: the styles to choose from.
    """
    style = styles[_deal(seed, len(styles), 1)]
    mode: Mode = "minor" if rng.random() < style.minor_share else "major"
    tempo = _draw_tempo(style, rng)
    has_intro = rng.random() < 0.85
    lead_in = _draw_lead_in(seconds, has_intro, rng)
    bar_seconds = style.meter.beats * 60 / tempo
    is_cut = seconds < 20 or rng.random() < 0.4
    exact_bars = (seconds - lead_in) / bar_seconds
    bars = max(1, int(np.ceil(exact_bars - 0.1) if is_cut else exact_bars))
    sections = _draw_sections(bars, bar_seconds, has_intro, rng)
    tonic = _deal(seed, 12, 0)
    chords = _draw_harmony(style, tonic, mode, sections, rng)
    starts = [section.first_bar for section in sections]
    beat_times = draw_beat_times(starts, bars, style.meter.beats, tempo, rng)
    return Plan(style, tonic, mode, tempo, lead_in, seconds, bars, sections, chords, beat_times)
