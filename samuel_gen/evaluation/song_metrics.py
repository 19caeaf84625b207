"""Every figure that is measured song by song, with its name, its unit and what it says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from samuel_gen.analysis import faults as sound
from samuel_gen.evaluation import rhythm, tonality
from samuel_gen.evaluation.clip import Clip


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        name: in snake case, the column of a table.
        unit: of the figure; "" for a share, a correlation or an F-measure.
        better: which way is good; "nearer" is nearer to the true band's figure; None: neither.
        explanation: one line for the reader of a table.
    """

    name: str
    unit: str
    better: Literal["higher", "lower", "nearer"] | None
    explanation: str


@dataclass(frozen=True)
class SongMetric(Metric):
    """One figure of one song.

    Attributes:
        needs: "score" where it is NaN without one.
        function: measures a clip; NaN where the truth is unknown.
    """

    needs: Literal["score"] | None
    function: Callable[[Clip], float]


def _loudness(clip: Clip) -> float:
    return sound.loudness(clip.band.sound, clip.band.sample_rate)


def _peak(clip: Clip) -> float:
    return sound.peak(clip.band.sound, clip.band.sample_rate)


def _silent(clip: Clip) -> float:
    return sound.silent_share(clip.band.sound, clip.band.sample_rate)


def _clipped(clip: Clip) -> float:
    return float(sound.clipped_samples(clip.band.sound))


def _fitting(
    name: str, explanation: str, function: Callable[[Clip], float], needs: Literal["score"] | None
) -> SongMetric:
    return SongMetric(name, "", "higher", explanation, needs, function)


SONG_METRICS: tuple[SongMetric, ...] = (
    _fitting("key", "is the band in the song's key?", tonality.key_agreement, None),
    _fitting(
        "relative_key",
        "is it in that key or its relative major or minor?",
        tonality.relative_key_agreement,
        None,
    ),
    _fitting("scale", "share of power on the key's scale; chance .58", tonality.scale_share, None),
    _fitting(
        "chord",
        "share of power on the tones of the chord; chance about .3",
        tonality.chord_share,
        "score",
    ),
    _fitting(
        "chroma_true",
        "same pitch classes as the true band, frame by frame? chance 0",
        tonality.true_chroma_likeness,
        None,
    ),
    _fitting(
        "chroma_voice",
        "pitch classes like the sung ones around them? chance 0",
        tonality.voice_harmony,
        None,
    ),
    _fitting(
        "beat_f", "beats within 70 ms of the true ones; chance .23", rhythm.beat_f_measure, None
    ),
    _fitting("tempo", "is the tempo right within 4 %?", rhythm.tempo_agreement, None),
    _fitting(
        "tempo_octaves",
        "is it, or its half, third, double or triple?",
        rhythm.tempo_octave_agreement,
        None,
    ),
    _fitting(
        "onset_f",
        "onsets within 50 ms of the true band's; chance .3",
        rhythm.onset_f_measure,
        None,
    ),
    _fitting(
        "pulse_grid", "do notes begin on the song's eighths? chance 0", rhythm.grid_pulse, "score"
    ),
    _fitting("pulse_voice", "do they begin where sung ones do? chance 0", rhythm.voice_pulse, None),
    SongMetric("loudness_lufs", "LUFS", "nearer", "loudness", None, _loudness),
    SongMetric("true_peak_dbtp", "dBTP", None, "peak; above 0 players clip", None, _peak),
    SongMetric("silent", "", "lower", "share of the time that is silent", None, _silent),
    SongMetric("clipped", "samples", "lower", "samples at full scale", None, _clipped),
)
"""In the order of a report: key and harmony, beat, sound."""


def measured(clip: Clip) -> dict[str, float]:
    """Every figure of one song, by name."""
    return {metric.name: metric.function(clip) for metric in SONG_METRICS}
