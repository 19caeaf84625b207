"""The lead sheet: beats in seconds, chords on beats, key, meter and style."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.meter import FOUR_FOUR, Meter
from samuel_gen.storage import write_atomically

SLOWEST, FASTEST = 30.0, 300.0  # beats per minute
RESOLUTION = 4  # decimals of a second: 0.1 ms
_POSITION_DECIMALS = 3  # of a beat
_TEMPO_DECIMALS = 4


@dataclass(frozen=True)
class ChordChange:
    """A chord that sounds from a beat on, until the next change.

    Attributes:
        beat: the place in beats from the sheet's first beat; 2.5 is halfway from the third to the
            fourth beat.
        chord: the chord; None for no chord.
    """

    beat: float | int
    chord: Chord | None


@dataclass(frozen=True)
class LeadSheet:
    """The plan of a song.

    Chords stand on beats, so that they move with the beats when those are corrected.

    Attributes:
        beats: the times of the beats in seconds, rising; the tempo may drift. They are kept to
            0.1 ms.
        first_position: the place of the first beat in its bar, from 1; above 1 the song begins
            with a pickup.
        meter: the meter.
        chords: the chord changes, rising, each to another chord than the one before; empty if the
            chords are not known.
        key: the key, or None if it is not known.
        style: the style's name, or None if it is not known.

    Raises:
        SamuelError: beats or chord changes do not rise, the tempo is outside 30 to 300, or the
            first position is not in the bar.
    """

    beats: tuple[float | int, ...]
    first_position: int = 1
    meter: Meter = FOUR_FOUR
    chords: tuple[ChordChange, ...] = ()
    key: Key | None = None
    style: str | None = None

    def __post_init__(self) -> None:
        beats = tuple(round(float(beat), RESOLUTION) for beat in self.beats)
        changes = _merge_repeats(
            ChordChange(round(float(change.beat), _POSITION_DECIMALS), change.chord)
            for change in self.chords
        )
        object.__setattr__(self, "beats", beats)
        object.__setattr__(self, "chords", changes)
        if len(beats) < 2:
            raise SamuelError("a lead sheet needs at least two beats")
        _check_beats(beats)
        if not 1 <= self.first_position <= self.meter.beats_per_bar:
            raise SamuelError(
                f"the first beat is beat {self.first_position} of a bar, but a bar of {self.meter} "
                f"has {self.meter.beats_per_bar}"
            )
        places = [change.beat for change in changes]
        if any(later <= earlier for earlier, later in zip(places, places[1:], strict=False)):
            raise SamuelError("the chord changes do not rise; give each a later beat than the last")

    @classmethod
    def read(cls, path: str | Path) -> "LeadSheet":
        """Read a lead sheet from a text file.

        Raises:
            SamuelError: the file is missing, or it cannot be read as a lead sheet.
        """
        from samuel_gen.lead_sheet.text import read_lead_sheet

        return read_lead_sheet(Path(path))

    def write(self, path: str | Path) -> None:
        """Write the sheet as text, which `read` reads."""
        from samuel_gen.lead_sheet.text import format_lead_sheet

        with write_atomically(path) as temporary:
            temporary.write_text(format_lead_sheet(self), "utf-8")

    def write_midi(self, path: str | Path) -> None:
        """Write tempo map, signatures, chord markers and chords as a MIDI file."""
        from samuel_gen.lead_sheet.midi import write_midi

        write_midi(self, Path(path))

    def render_click(self, num_samples: int, sample_rate: int) -> Float[np.ndarray, " samples"]:
        """Render a click on every beat, as samples of full scale 1."""
        from samuel_gen.lead_sheet.click import render_click

        return render_click(self, num_samples, sample_rate)

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """The place of each beat in its bar, from 1."""
        bar = self.meter.beats_per_bar
        return tuple((self.first_position - 1 + beat) % bar + 1 for beat in range(len(self.beats)))

    @property
    def downbeats(self) -> tuple[float | int, ...]:
        """The times of the first beats of the bars, in seconds."""
        places = zip(self.beats, self.positions, strict=True)
        return tuple(beat for beat, position in places if position == 1)

    @property
    def tempo(self) -> float:
        """The mean tempo in beats per minute."""
        return 60 * (len(self.beats) - 1) / (self.beats[-1] - self.beats[0])

    def time_at(self, beat: float | int) -> float:
        """Return the time of a place in beats, in seconds; the sheet goes on beyond its ends."""
        return float(_interpolate(np.arange(len(self.beats)), np.asarray(self.beats), beat))

    def beat_at(self, seconds: Float[np.ndarray, " times"]) -> Float[np.ndarray, " times"]:
        """Return the places in beats of some times; the sheet goes on beyond its ends."""
        return _interpolate(np.asarray(self.beats), np.arange(len(self.beats)), seconds)

    def chord_at(self, beat: float | int) -> Chord | None:
        """Return the chord that sounds at a place in beats; None for no chord."""
        place = bisect_right([change.beat for change in self.chords], beat)
        return self.chords[place - 1].chord if place else None

    def transpose(self, semitones: int) -> "LeadSheet":
        """Return the sheet in another key."""
        chords = tuple(
            ChordChange(each.beat, each.chord and each.chord.transpose(semitones))
            for each in self.chords
        )
        return replace(self, chords=chords, key=self.key and self.key.transpose(semitones))

    def scale_time(self, factor: float | int) -> "LeadSheet":
        """Return the sheet at another speed: every time is multiplied by the factor."""
        return replace(self, beats=tuple(factor * beat for beat in self.beats))

    def shift(self, seconds: float | int) -> "LeadSheet":
        """Return the sheet, moved in time."""
        return replace(self, beats=tuple(beat + seconds for beat in self.beats))

    def extend(self, seconds: float | int) -> "LeadSheet":
        """Continue the sheet until a time; its chart is repeated.

        It goes on at its tempo if that is steady, else at the tempo of its last bar.

        Args:
            seconds: the time that the last beat reaches at least.
        """
        count, tempo = len(self.beats), self.steady_tempo
        span = min(self.meter.beats_per_bar, count - 1)
        period = 60 / tempo if tempo else (self.beats[-1] - self.beats[-1 - span]) / span
        more = max(0, int(np.ceil((seconds - self.beats[-1]) / period - 1e-9)))
        if tempo:
            beats = self._steady_beats(tempo, count + more)
        else:
            beats = self.beats + tuple(self.beats[-1] + period * (at + 1) for at in range(more))
        return replace(self, beats=beats, chords=self._repeat_chart(len(beats)))

    @property
    def bar_1(self) -> float:
        """The time of the first downbeat to 0.1 ms; it may lie after a short sheet's last beat."""
        return round(self.time_at(self._pickup), RESOLUTION)

    @cached_property
    def steady_tempo(self) -> float | None:
        """The tempo with the fewest decimals that gives exactly the beats; None if they drift."""
        for decimals in range(_TEMPO_DECIMALS + 1):
            tempo = round(self.tempo, decimals)
            if not SLOWEST <= tempo <= FASTEST:
                return None
            if self._steady_beats(tempo, len(self.beats)) == self.beats:
                return tempo
        return None

    def _steady_beats(self, tempo: float, count: int) -> tuple[float, ...]:
        period = 60 / tempo
        start = self.bar_1 - self._pickup * period
        return steady_beats(tempo, start, start + (count - 0.5) * period)

    @property
    def _pickup(self) -> int:
        """The number of beats before the first downbeat."""
        return (1 - self.first_position) % self.meter.beats_per_bar

    def _repeat_chart(self, count: int) -> tuple[ChordChange, ...]:
        """Repeat the chords of the whole bars until the sheet has `count` beats."""
        bar = self.meter.beats_per_bar
        start = (1 - self.first_position) % bar
        length = (len(self.beats) - start) // bar * bar
        if not self.chords or length == 0:
            return self.chords
        changes = [each for each in self.chords if each.beat < start + length]
        loop = [ChordChange(start, self.chord_at(start))]
        loop += [each for each in changes if each.beat > start]
        for offset in range(length, count - start, length):
            changes += [
                ChordChange(each.beat + offset, each.chord)
                for each in loop
                if each.beat + offset < count
            ]
        return tuple(changes)


def steady_beats(tempo: float | int, start: float | int, stop: float | int) -> tuple[float, ...]:
    """The beats of a steady tempo, at least two.

    Args:
        tempo: beats per minute.
        start: the time of the first beat in seconds.
        stop: the time that the last beat does not pass.

    Raises:
        SamuelError: the tempo is outside 30 to 300.
    """
    if not SLOWEST <= tempo <= FASTEST:
        raise SamuelError(f"tempo {tempo:g}: choose {SLOWEST:g} to {FASTEST:g} beats per minute")
    count = max(2, int(np.floor((stop - start) * tempo / 60 + 1e-9)) + 1)
    return tuple(round(start + 60 * beat / tempo, RESOLUTION) for beat in range(count))


def _merge_repeats(changes: Iterable[ChordChange]) -> tuple[ChordChange, ...]:
    """Leave out changes to the chord that sounds already."""
    merged: list[ChordChange] = []
    for change in changes:
        if not merged or merged[-1].chord != change.chord:
            merged.append(change)
    return tuple(merged)


def _check_beats(beats: Sequence[float | int]) -> None:
    for number, (earlier, later) in enumerate(zip(beats, beats[1:], strict=False), 1):
        if not np.isfinite(later) or later <= earlier:
            raise SamuelError(
                f"beat {number + 1} at {later:g} s is not after beat {number} at {earlier:g} s; "
                "beats must rise"
            )
    tempo = 60 * (len(beats) - 1) / (beats[-1] - beats[0])
    if not SLOWEST <= tempo <= FASTEST:
        raise SamuelError(
            f"the beats have a tempo of {tempo:.0f}; expected {SLOWEST:g} to {FASTEST:g} per minute"
        )


def _interpolate(
    known: Shaped[np.ndarray, " known"],
    values: Shaped[np.ndarray, " known"],
    at: Float[np.ndarray, " at"] | float | int,
) -> np.ndarray:
    """Interpolate linearly; beyond either end the last interval goes on."""
    inside = np.interp(at, known, values)
    first = (values[1] - values[0]) / (known[1] - known[0])
    last = (values[-1] - values[-2]) / (known[-1] - known[-2])
    before, after = np.minimum(at - known[0], 0), np.maximum(at - known[-1], 0)
    return np.asarray(inside + first * before + last * after)
