"""The plan of a rendered song: key, tempo, form and harmony, drawn before any note."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from samuel_gen.corpus.form import Section, draw_sections
from samuel_gen.corpus.harmony import TimedChord, draw_harmony
from samuel_gen.corpus.styles.catalogue import CORE_STYLES
from samuel_gen.corpus.styles.style import Style
from samuel_gen.corpus.tempo import draw_beat_times
from samuel_gen.lead_sheet.key import Mode

_SLOWEST, _FASTEST = 50.0, 180.0
_WIDER = 1.25
_SHORTEST_LATE_SONG = 20.0


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
        return self.chords[bisect_right(self._chord_starts, step) - 1]

    @cached_property
    def _chord_starts(self) -> list[int]:
        return [timed.start for timed in self.chords]


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


def plan_song(
    seed: int, seconds: float, rng: np.random.Generator, styles: tuple[Style, ...] = CORE_STYLES
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
    sections = draw_sections(bars, bar_seconds, has_intro, rng)
    tonic = _deal(seed, 12, 0)
    chords = draw_harmony(style, tonic, mode, sections, rng)
    starts = [section.first_bar for section in sections]
    beat_times = draw_beat_times(starts, bars, style.meter.beats, tempo, rng)
    return Plan(style, tonic, mode, tempo, lead_in, seconds, bars, sections, chords, beat_times)
