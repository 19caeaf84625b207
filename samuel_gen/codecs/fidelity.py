"""Finer measures than those of `quality`: tone, attacks and width after a round trip.

Each compares a reference with a version of it that is equally long and aligned in time. Spectra are
measured on the mean of the channels. Levels are limited from below to 80 dB under the loudest part
of the reference, and frames 50 dB below its loudest are left out.
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from samuel_gen.codecs.quality import ANALYSIS_RATE, HOP, Audio, downmix, width_difference

Matrix = NDArray[np.float32]

FLOOR_DB = 80.0
"""Range of levels below the loudest part of the reference that is compared, in dB."""
AUDIBLE_DB = 50.0
BINS_PER_OCTAVE = 36
SPLIT_HERTZ = 1000.0
"""The frequency that divides the low constant-Q bins from the high ones, in Hz."""
TONE_HERTZ = (1200.0, 8000.0)
"""The range of the log-spectral error, in Hz."""
PEAK_HERTZ = (1200.0, 6000.0)
"""The range of the peakiness, in Hz."""
FINE_FFT = 4096
"""Window of log-spectral error and peakiness, in samples of 44,100 Hz: bins of 10.8 Hz."""
PRE_ECHO_SECONDS = 0.05
BLOCK_SECONDS = 0.005
ONSET_DB = 10.0
"""Least rise of the level at an isolated onset, in dB."""
MEANINGS = {
    "cqt_low": (3, "correlation of partials below 1 kHz, 1 is perfect"),
    "cqt_high": (3, "correlation of partials above 1 kHz, 1 is perfect"),
    "log_spectral": (2, "dB of difference of fine spectra, 1.2 to 8 kHz"),
    "peakiness": (2, "dB by which partials stand out more, 1.2 to 6 kHz"),
    "pre_echo": (2, "dB more energy in the 50 ms before isolated onsets"),
    "band_width": (2, "dB of difference in stereo width, mean of six bands"),
}
"""Number of decimals and explanation of each measure of `Fidelity`."""


@dataclass(frozen=True)
class Fidelity:
    """All measures of one pair of recordings; NaN where the reference has nothing to measure.

    Args:
        cqt_low, cqt_high: `partial_correlations`.
        log_spectral: `log_spectral_error`, in dB.
        peakiness: `peakiness` of the other minus that of the reference, in dB.
        pre_echo: `pre_echo`, in dB.
        band_width: mean modulus of `width_difference`, in dB.
    """

    cqt_low: float
    cqt_high: float
    log_spectral: float
    peakiness: float
    pre_echo: float
    band_width: float

    @classmethod
    def measure(cls, reference: Audio, other: Audio, sample_rate: int) -> "Fidelity":
        """Measure everything.

        Args:
            reference: the original.
            other: a version of the original, equally long.
            sample_rate: the sample rate of both, in Hz.
        """
        low, high = partial_correlations(reference, other, sample_rate)
        width = width_difference(reference, other, sample_rate).abs()
        return cls(
            cqt_low=low,
            cqt_high=high,
            log_spectral=log_spectral_error(reference, other, sample_rate),
            peakiness=peakiness(other, reference, sample_rate)
            - peakiness(reference, reference, sample_rate),
            pre_echo=pre_echo(reference, other, sample_rate),
            band_width=float(width.nanmean()),
        )

    def to_dict(self) -> dict[str, float]:
        """Return the measures by name."""
        return asdict(self)


def partial_correlations(reference: Audio, other: Audio, sample_rate: int) -> tuple[float, float]:
    """Correlation of constant-Q levels in dB, below and above 1 kHz, averaged over time.

    There are 36 bins per octave from 32.7 Hz to 8.4 kHz, a third of a semitone each. Levels are
    correlated over the bins of each frame (23 ms). 1 is perfect, 0 is chance.
    """
    import librosa

    levels = []
    for audio in (reference, other):
        spectra = librosa.cqt(
            downmix(audio, sample_rate),
            sr=ANALYSIS_RATE,
            hop_length=HOP,
            n_bins=8 * BINS_PER_OCTAVE,
            bins_per_octave=BINS_PER_OCTAVE,
            tuning=0.0,
        )
        levels.append(np.abs(spectra).astype(np.float32))
    hertz = librosa.cqt_frequencies(
        8 * BINS_PER_OCTAVE, fmin=float(librosa.note_to_hz("C1")), bins_per_octave=BINS_PER_OCTAVE
    )
    below = hertz < SPLIT_HERTZ
    low, high = (_frame_correlation(*(x[part] for x in levels)) for part in (below, ~below))
    return low, high


def log_spectral_error(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Mean modulus of the difference of levels per bin of 10.8 Hz, 1.2 to 8 kHz, in dB."""
    first, second = (
        _fine_levels(x, reference, sample_rate, TONE_HERTZ) for x in (reference, other)
    )
    return float((first - second).abs().mean(0)[_audible(first)].mean())


def peakiness(audio: Audio, reference: Audio, sample_rate: int) -> float:
    """Level of the strongest bins of a frame (98th percentile) over the median, in dB.

    Partials of notes stand out from what lies between them, noise does not.

    Args:
        audio: the sound to measure.
        reference: the original, which decides what is audible.
        sample_rate: the sample rate of both, in Hz.
    """
    levels = _fine_levels(audio, reference, sample_rate, PEAK_HERTZ)
    heard = _audible(_fine_levels(reference, reference, sample_rate, PEAK_HERTZ))
    top, middle = levels.quantile(0.98, dim=0), levels.quantile(0.5, dim=0)
    return float((top - middle)[heard].mean())


def pre_echo(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Energy in the 50 ms before isolated onsets over that of the reference, in dB.

    An onset is a rise of at least 10 dB, the largest within a tenth of a second. Energies are
    limited from below to 40 dB under the sound that follows. NaN without onsets.
    """
    block = round(BLOCK_SECONDS * sample_rate)
    first, second = (_block_powers(x, block) for x in (reference, other))
    before = round(PRE_ECHO_SECONDS / BLOCK_SECONDS)
    sums = torch.nn.functional.pad(first.cumsum(0), (1, 0))
    count = len(first)
    if count < 4 * before:
        return float("nan")
    at = torch.arange(before, count - before)
    past = (sums[at] - sums[at - before]) / before
    next_ = (sums[at + 4] - sums[at]) / 4
    rise = 10 * (next_ / (past + 1e-4 * next_).clamp(min=1e-20)).log10()
    widest = torch.nn.functional.max_pool1d(rise[None], 41, stride=1, padding=20)[0]
    loud = next_ > first.max() * 10 ** (-AUDIBLE_DB / 10)
    onsets = at[(rise >= ONSET_DB) & (rise == widest) & loud]
    if not len(onsets):
        return float("nan")
    around = onsets[:, None] - 1 - torch.arange(before)  # without the block that the onset divides
    floor = 1e-4 * next_[onsets - before]
    energies = [x[around[:, 1:]].mean(1).clamp(min=0) + floor for x in (first, second)]
    return float((10 * (energies[1] / energies[0]).log10()).mean())


def _frame_correlation(reference: Matrix, other: Matrix) -> float:
    """Correlation of levels over the bins of each audible frame, averaged over the frames."""
    top = float(reference.max())
    floor = max(top * 10 ** (-FLOOR_DB / 20), 1e-10)
    heard = reference.max(axis=0) > max(top * 10 ** (-AUDIBLE_DB / 20), floor)
    if not heard.any():
        return float("nan")
    levels = [20 * np.log10(np.maximum(x[:, heard], floor)) for x in (reference, other)]
    first, second = (x - x.mean(axis=0) for x in levels)
    norms = np.sqrt((first**2).sum(0) * (second**2).sum(0))
    return float(((first * second).sum(0) / np.maximum(norms, 1e-6)).mean())


def _fine_levels(
    audio: Audio, reference: Audio, sample_rate: int, hertz: tuple[float, float]
) -> Float[Tensor, "bins frames"]:
    """Levels of a range of bins in dB over the loudest bin of the reference, at least -80."""
    size = round(FINE_FFT * sample_rate / 44_100)
    spectra = [
        torch.stft(
            x.float().mean(0), size, size // 8, window=torch.hann_window(size), return_complex=True
        ).abs()
        for x in (audio, reference)
    ]
    low, high = (round(edge * size / sample_rate) for edge in hertz)
    top = spectra[1][low:high].max().clamp(min=1e-10)
    return (20 * (spectra[0][low:high] / top).clamp(min=10 ** (-FLOOR_DB / 20)).log10()).float()


def _audible(levels: Float[Tensor, "bins frames"]) -> Tensor:
    """Return which frames are within `AUDIBLE_DB` of the loudest bin."""
    return levels.amax(0) > -AUDIBLE_DB


def _block_powers(audio: Audio, block: int) -> Float[Tensor, " blocks"]:
    """Mean power of consecutive blocks of the mean of the channels."""
    mono = audio.float().mean(0)
    whole = len(mono) // block * block
    powers: Tensor = mono[:whole].reshape(-1, block).square().mean(1).double()
    return powers
