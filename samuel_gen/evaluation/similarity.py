"""Similarity of two recordings of the same material, such as a source and its reproduction."""

import math
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.alignment import align, find_lag
from samuel_gen.audio.files import read_audio
from samuel_gen.audio.loudness import LoudnessPeakMeter, measure_samples
from samuel_gen.audio.resample import resample, to_stereo
from samuel_gen.codecs.quality import MEANINGS, chroma_similarity, log_mel_distance
from samuel_gen.errors import SamuelError

MAX_LAG_SECONDS = 0.05
SHORTEST_SECONDS = 0.5

Audio = Float[Tensor, "channels _"]
_CHANNELS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True)
class Similarity:
    """Similarity of two recordings; a figure is None if one of the two is silent.

    Attributes:
        lag_seconds: delay of the second recording, up to 50 ms either way. The next three figures
            compare the recordings after the delay is removed.
        correlation: correlation of the samples, -1 to 1.
        chroma: harmonic similarity by `chroma_similarity`; 1 is equal, 0 is chance.
        log_mel: difference in timbre by `log_mel_distance`, in dB.
        first, second: the loudness and the peak of each recording.
    """

    lag_seconds: float
    correlation: float | None
    chroma: float | None
    log_mel: float | None
    first: LoudnessPeakMeter
    second: LoudnessPeakMeter

    @classmethod
    def measure(
        cls,
        first: Audio,
        second: Float[Tensor, "other_channels _"],
        first_rate: int,
        second_rate: int,
    ) -> "Similarity":
        """Compare two sounds; the second is resampled to the first's rate.

        If their numbers of channels differ, both are compared and measured in stereo.

        Args:
            first, second: the sounds, each at least SHORTEST_SECONDS long; full scale is 1.
            first_rate, second_rate: their sample rates in Hz.
        """
        if first.shape[0] != second.shape[0]:
            first, second = to_stereo(first), to_stereo(second)
        meters = (measure_samples(first, first_rate), measure_samples(second, second_rate))
        second = resample(second, second_rate, first_rate)
        lag, correlation = find_lag(first, second, round(MAX_LAG_SECONDS * first_rate))
        chroma = log_mel = None
        if correlation is not None:
            pair = align(first, second, lag)
            chroma = chroma_similarity(*pair, first_rate)
            log_mel = log_mel_distance(*pair, first_rate)
        return cls(lag / first_rate, correlation, chroma, log_mel, *meters)

    @property
    def loudness_change(self) -> float | None:
        """Loudness of the second minus that of the first in dB; None if one is silent."""
        change = self.second.loudness - self.first.loudness
        return change if math.isfinite(change) else None

    def format_lines(self) -> list[str]:
        """Return a line of text for each figure."""
        shift = f"the second {abs(self.lag_seconds) * 1000:.2f} ms "
        shift += "earlier" if self.lag_seconds < 0 else "later"
        rows = [
            ("samples", self.correlation, "+.4f", f"correlation, with {shift}"),
            ("chroma", self.chroma, ".3f", MEANINGS["chroma"][1]),
            ("log-mel", self.log_mel, ".2f", MEANINGS["log_mel"][1]),
            ("loudness", self.loudness_change, "+.2f", "dB from the first to the second"),
        ]
        return [
            f"{name:<10}"
            + ("silence: nothing to compare" if value is None else f"{value:{form}}  {text}")
            for name, value, form, text in rows
        ]


def compare_files(first: Path, second: Path) -> list[str]:
    """Return lines of text that describe two sound files and their similarity.

    Raises:
        SamuelError: a file cannot be read, or is shorter than SHORTEST_SECONDS.
    """
    (first_audio, first_rate), (second_audio, second_rate) = _read(first), _read(second)
    similarity = Similarity.measure(first_audio, second_audio, first_rate, second_rate)
    return [
        f"first     {_describe(first_audio, first_rate, similarity.first)}  {first}",
        f"second    {_describe(second_audio, second_rate, similarity.second)}  {second}",
        *similarity.format_lines(),
    ]


def _read(path: Path) -> tuple[Audio, int]:
    audio, rate = read_audio(path)
    if audio.shape[1] < SHORTEST_SECONDS * rate:
        raise SamuelError(
            f"{path} is too short to compare ({audio.shape[1] / rate:.3f} s); "
            f"use a recording of at least {SHORTEST_SECONDS} s"
        )
    return audio, rate


def _describe(audio: Audio, sample_rate: int, meter: LoudnessPeakMeter) -> str:
    channels = _CHANNELS.get(audio.shape[0], f"{audio.shape[0]} channels")
    return (
        f"{audio.shape[1] / sample_rate:.3f} s, {sample_rate} Hz, {channels}, "
        f"{meter.loudness:.1f} LUFS, {meter.peak:.1f} dBTP"
    )
