"""Laws that a trained model should obey: its music moves and transposes with the lead sheet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from samuel_gen.analysis.music import ONSET_SECONDS
from samuel_gen.audio.resample import resample
from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.songs import EvaluationSong, Stereo
from samuel_gen.lead_sheet.sheet import LeadSheet

_BINS = 24  # per beat
_LARGEST_ERROR = 1 / 8  # beats

Accompany = Callable[[Stereo, int, LeadSheet], Stereo]


@dataclass(frozen=True)
class Obedience:
    """The reaction of the music to changes of one song's lead sheet.

    Attributes:
        name: the name of the song.
        shift: the shift of the onsets in beats, -1/4 to 3/4, after the beats moved by half a beat.
        interval: the interval in semitones, 0 to 11, by which the music moved.
        semitones: the interval by which vocal and sheet were transposed.
    """

    name: str
    shift: float
    interval: int
    semitones: int

    @property
    def follows_beats(self) -> bool:
        """True if the onsets moved by half a beat, give or take an eighth of a beat."""
        return abs(self.shift - 0.5) <= _LARGEST_ERROR

    @property
    def follows_key(self) -> bool:
        """True if the music was transposed like vocal and sheet."""
        return self.interval == self.semitones


def measure_obedience(
    songs: Iterable[EvaluationSong], accompany: Accompany, semitones: int = 3
) -> list[Obedience]:
    """Change the lead sheets of songs, and measure the changes of the accompaniments.

    A vocal is transposed by playing it faster, so that no artefact of pitch shifting is judged;
    the lead sheet becomes faster too.

    Args:
        songs: songs with lead sheets; others are left out.
        accompany: generates the accompaniment of a vocal with a sample rate and a lead sheet, each
            time from the same noise.
        semitones: the interval of the transposition, 1 to 6.
    """
    found = []
    for song in songs:
        sheet = song.lead_sheet
        if sheet is None:
            continue
        rate, speed = song.sample_rate, 2 ** (semitones / 12)
        faster = resample(song.vocal, round(rate * speed), rate)
        half_a_beat = 30 / sheet.tempo
        before, moved, transposed = (
            AnalysedSound(accompany(vocal, rate, changed), rate)
            for vocal, changed in (
                (song.vocal, sheet),
                (song.vocal, sheet.shift(half_a_beat)),
                (faster, sheet.transpose(semitones).scale_time(1 / speed)),
            )
        )
        shift = find_shift(before, moved, sheet)
        interval = find_interval(before, transposed, speed)
        found.append(Obedience(song.name, shift, interval, semitones))
    return found


def find_shift(before: AnalysedSound, after: AnalysedSound, sheet: LeadSheet) -> float:
    """Return the number of beats by which onsets came later, from -1/4 to below 3/4.

    It is the shift with the highest correlation between the onset strengths over the bar.

    Args:
        before, after: two accompaniments.
        sheet: a lead sheet with the beats of the first.
    """
    profiles = [_average_bar(sound, sheet) for sound in (before, after)]
    shifts = np.arange(_BINS) - _BINS // 4
    fits = [float(np.roll(profiles[0], shift) @ profiles[1]) for shift in shifts]
    return float(shifts[int(np.argmax(fits))] / _BINS)


def find_interval(before: AnalysedSound, after: AnalysedSound, speed: float | int = 1.0) -> int:
    """Return the interval from one music to the other in semitones, 0 to 11.

    It is the rotation of the pitch classes with the highest correlation over time.

    Args:
        before, after: two accompaniments of the same song.
        speed: the speed of the second, relative to the first.
    """
    chroma, other = before.chroma, after.chroma
    frames = np.round(np.arange(chroma.shape[1]) / speed).astype(np.int64)
    inside = frames < other.shape[1]
    first, second = (_normalise(each) for each in (chroma[:, inside], other[:, frames[inside]]))
    fits = [float((np.roll(first, interval, axis=0) * second).sum()) for interval in range(12)]
    return int(np.argmax(fits))


def _average_bar(sound: AnalysedSound, sheet: LeadSheet) -> Float[np.ndarray, " bins"]:
    """Average the onset strength over the bars, in _BINS per beat, without its mean."""
    strength = sound.onset_strength
    beats = sheet.beat_at(np.arange(strength.size) * ONSET_SECONDS) + sheet.first_position - 1
    bins = _BINS * sheet.meter.beats_per_bar
    at = np.round(beats * _BINS).astype(np.int64) % bins
    sums, counts = (np.bincount(at, weight, minlength=bins) for weight in (strength, None))
    smooth = np.convolve(np.tile(sums / np.maximum(counts, 1), 3), np.hanning(7)[1:-1], "same")
    middle = smooth[bins : 2 * bins]
    return np.asarray(middle - middle.mean())


def _normalise(chroma: Float[np.ndarray, "12 frames"]) -> Float[np.ndarray, "12 frames"]:
    """Return each frame without its mean and of unit norm; silence stays 0."""
    centred = chroma - chroma.mean(axis=0)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-9))
