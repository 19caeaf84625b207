"""How alike two recordings are, told to whoever made one from the other or both from one voice."""

import math
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.alignment import aligned, best_lag
from samuel_gen.audio.files import read_audio
from samuel_gen.audio.loudness import integrated_loudness, true_peak
from samuel_gen.audio.resample import resample, to_stereo
from samuel_gen.codecs.quality import MEANINGS, chroma_similarity, log_mel_distance
from samuel_gen.errors import SamuelError

REACH_SECONDS = 0.05
SHORTEST_SECONDS = 0.5

Audio = Float[Tensor, "channels _"]
_CHANNELS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True)
class Level:
    """How loud a recording is.

    Attributes:
        loudness: gated, in LUFS; -inf for silence.
        peak: between the samples too, in dBTP; -inf for silence.
    """

    loudness: float
    peak: float


@dataclass(frozen=True)
class Likeness:
    """What two recordings have in common; None stands where silence leaves nothing to compare.

    Attributes:
        lag_seconds: by how much the second comes later, within 50 ms; the next three compare what
            then lies together.
        correlation: of the samples, -1 to 1.
        chroma: same harmony? See `chroma_similarity`.
        log_mel: difference in colour [dB]; see `log_mel_distance`.
        first, second: how loud each is by itself.
    """

    lag_seconds: float
    correlation: float | None
    chroma: float | None
    log_mel: float | None
    first: Level
    second: Level

    @classmethod
    def of(
        cls,
        first: Audio,
        second: Float[Tensor, "other_channels _"],
        first_rate: int,
        second_rate: int,
    ) -> "Likeness":
        """The likeness of two sounds; the second is resampled to the first's rate.

        Where one has more channels than the other, both are compared and measured in stereo.

        Args:
            first, second: at least SHORTEST_SECONDS long, full scale is 1.
            first_rate, second_rate: Hz.
        """
        if first.shape[0] != second.shape[0]:
            first, second = to_stereo(first), to_stereo(second)
        levels = (_level(first, first_rate), _level(second, second_rate))
        second = resample(second, second_rate, first_rate)
        lag, correlation = best_lag(first, second, round(REACH_SECONDS * first_rate))
        chroma = log_mel = None
        if correlation is not None:
            together = aligned(first, second, lag)
            chroma = chroma_similarity(*together, first_rate)
            log_mel = log_mel_distance(*together, first_rate)
        return cls(lag / first_rate, correlation, chroma, log_mel, *levels)

    @property
    def louder(self) -> float | None:
        """By how many dB the second is louder; None where one of the two is silent."""
        change = self.second.loudness - self.first.loudness
        return change if math.isfinite(change) else None

    def lines(self) -> list[str]:
        """A line for each figure."""
        shift = f"the second {abs(self.lag_seconds) * 1000:.2f} ms "
        shift += "earlier" if self.lag_seconds < 0 else "later"
        rows = [
            ("samples", self.correlation, "+.4f", f"correlation, with {shift}"),
            ("chroma", self.chroma, ".3f", MEANINGS["chroma"][1]),
            ("log-mel", self.log_mel, ".2f", MEANINGS["log_mel"][1]),
            ("loudness", self.louder, "+.2f", "dB from the first to the second"),
        ]
        return [
            f"{name:<10}" + ("silence: nothing to compare" if x is None else f"{x:{form}}  {what}")
            for name, x, form, what in rows
        ]


def likeness_lines(first: Path, second: Path) -> list[str]:
    """What two sound files are and how alike they are, for a terminal.

    Raises:
        SamuelError: a file that cannot be read, or is shorter than SHORTEST_SECONDS.
    """
    (ours, our_rate), (theirs, their_rate) = (_read(path) for path in (first, second))
    found = Likeness.of(ours, theirs, our_rate, their_rate)
    return [
        f"first     {_told(ours, our_rate, found.first)}  {first}",
        f"second    {_told(theirs, their_rate, found.second)}  {second}",
        *found.lines(),
    ]


def _read(path: Path) -> tuple[Audio, int]:
    audio, rate = read_audio(path)
    if audio.shape[1] < SHORTEST_SECONDS * rate:
        raise SamuelError(
            f"{path}: {audio.shape[1] / rate:.3f} s; expected at least {SHORTEST_SECONDS} s of "
            "audio; name a longer recording"
        )
    return audio, rate


def _level(audio: Audio, sample_rate: int) -> Level:
    return Level(integrated_loudness(audio, sample_rate), true_peak(audio, sample_rate))


def _told(audio: Audio, sample_rate: int, level: Level) -> str:
    channels = _CHANNELS.get(audio.shape[0], f"{audio.shape[0]} channels")
    return (
        f"{audio.shape[1] / sample_rate:.3f} s, {sample_rate} Hz, {channels}, "
        f"{level.loudness:.1f} LUFS, {level.peak:.1f} dBTP"
    )
