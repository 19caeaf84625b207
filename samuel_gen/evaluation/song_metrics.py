"""The metrics of one accompaniment of one song, with their units and explanations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from samuel_gen.analysis import faults
from samuel_gen.evaluation import given_sheet, rhythm, tonality
from samuel_gen.evaluation.metric_input import MetricInput

Needs = Literal["lead_sheet", "given_sheet"]


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: the name in snake case, as in the columns of `metrics.csv`.
        unit: the unit; "" for a share, a correlation or an F-measure.
        better: the good direction; "nearer" means nearer to the true accompaniment's value, None
            means neither.
        explanation: one line for the reader of a table.
    """

    name: str
    unit: str
    better: Literal["higher", "lower", "nearer"] | None
    explanation: str


@dataclass(frozen=True)
class SongMetric(Metric):
    """A metric of one accompaniment of one song.

    Attributes:
        function: computes the metric; NaN if the truth is unknown.
        needs: "lead_sheet" or "given_sheet" if the metric is NaN without it.
    """

    function: Callable[[MetricInput], float]
    needs: Needs | None = None


def _loudness(inputs: MetricInput) -> float:
    return faults.loudness(inputs.accompaniment.sound, inputs.accompaniment.sample_rate)


def _peak(inputs: MetricInput) -> float:
    return faults.peak(inputs.accompaniment.sound, inputs.accompaniment.sample_rate)


def _silent(inputs: MetricInput) -> float:
    return faults.silent_share(inputs.accompaniment.sound, inputs.accompaniment.sample_rate)


def _clipped(inputs: MetricInput) -> float:
    return float(faults.count_clipped(inputs.accompaniment.sound))


def _musical(
    name: str,
    explanation: str,
    function: Callable[[MetricInput], float],
    needs: Needs | None = None,
) -> SongMetric:
    """Make a metric of musical agreement: without a unit, higher is better."""
    return SongMetric(name, "", "higher", explanation, function, needs)


def _adherence(
    name: str,
    explanation: str,
    function: Callable[[MetricInput], float],
    better: Literal["higher", "lower"] | None = "higher",
    unit: str = "",
) -> SongMetric:
    """Make a metric of adherence to the sheet that was given to the generator."""
    return SongMetric(name, unit, better, explanation, function, "given_sheet")


SONG_METRICS: tuple[SongMetric, ...] = (
    _musical("key", "1 if its key is the song's; chance .04", tonality.key_agreement),
    _musical(
        "relative_key",
        "1 if its key is that or the relative key; chance .08",
        tonality.relative_key_agreement,
    ),
    _musical("scale", "share of power on the key's scale; chance .58", tonality.scale_share),
    _musical(
        "chord",
        "share of power on the tones of the chord; chance about .3",
        tonality.chord_share,
        "lead_sheet",
    ),
    _musical(
        "chroma_true",
        "correlation with the true pitch classes; chance 0",
        tonality.true_chroma_correlation,
    ),
    _musical(
        "chroma_voice",
        "correlation with the sung pitch classes; chance 0",
        tonality.vocal_harmony,
    ),
    _musical(
        "beat_f",
        "F-measure of beats within 70 ms of the true ones; chance .23",
        rhythm.beat_f_measure,
    ),
    _musical(
        "downbeat_f",
        "F-measure of downbeats within 70 ms of the true ones",
        rhythm.downbeat_f_measure,
    ),
    _musical("tempo", "1 if its tempo is within 4 % of the song's", rhythm.tempo_agreement),
    _musical(
        "tempo_octaves",
        "tempo, but its half, third, double or triple also count",
        rhythm.tempo_octave_agreement,
    ),
    _musical(
        "onset_f",
        "F-measure of onsets within 50 ms of the true ones; chance .3",
        rhythm.onset_f_measure,
    ),
    _musical(
        "pulse_grid",
        "correlation of onsets with the song's eighth notes; chance 0",
        rhythm.grid_pulse,
        "lead_sheet",
    ),
    _musical("pulse_voice", "agreement of onsets with sung ones; chance 0", rhythm.vocal_pulse),
    _adherence("sheet_chord", "chord, on the given sheet's chords", given_sheet.given_chord_share),
    _adherence(
        "sheet_beat_f", "beat_f, against the given sheet's beats", given_sheet.given_beat_f_measure
    ),
    _adherence(
        "sheet_downbeat_f",
        "downbeat_f, against the given sheet's downbeats",
        given_sheet.given_downbeat_f_measure,
    ),
    _adherence(
        "sheet_onset_shift",
        "median lateness of onsets on the given eighths",
        given_sheet.onset_shift,
        None,
        "ms",
    ),
    _adherence(
        "sheet_drift",
        "drift against the given beats from start to end",
        given_sheet.given_drift,
        "lower",
        "ms",
    ),
    SongMetric("loudness_lufs", "LUFS", "nearer", "loudness", _loudness),
    SongMetric("true_peak_dbtp", "dBTP", None, "true peak; above 0 players clip", _peak),
    SongMetric("silent", "", "lower", "share of the time that is silent", _silent),
    SongMetric("clipped", "samples", "lower", "samples at full scale", _clipped),
)
"""In the order of a table: key and harmony, rhythm, sound."""


def measure_song(inputs: MetricInput) -> dict[str, float]:
    """Compute every song metric of one accompaniment, by name."""
    return {metric.name: metric.function(inputs) for metric in SONG_METRICS}
