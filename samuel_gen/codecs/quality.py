"""Musical metrics of a codec's round trip: harmony, bass line, rhythm, colour, level and width.

Each compares two recordings of equal length that are aligned in time: a reference and a version of
it. All but level and width work on the mean of the channels at 22,050 Hz. All but onsets, colour
and level leave out the parts of the reference that are too quiet to be audible.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from samuel_gen.audio.phase import to_mono
from samuel_gen.audio.resample import resample
from samuel_gen.codecs.codec import LatentCodec

Audio = Float[Tensor, "channels samples"]
Matrix = NDArray[np.float32]

ANALYSIS_RATE = 22_050
"""Sample rate of the analyses, in Hz."""
HOP = 512
OCTAVES = 7
"""Octaves of the constant-Q transform, from C1 (32.7 Hz) upwards, with 12 bins each."""
BASS_BINS = 36
"""The lowest three octaves, C1 to B3."""
AUDIBLE_DB = 50.0
"""Range below the loudest part of the reference in which a part counts as audible, in dB."""
STEREO_EDGES = (60.0, 250.0, 700.0, 1800.0, 4500.0, 9000.0, 16_000.0)
"""Limits of the bands in which stereo width is compared, in Hz."""
MEANINGS = {
    "chroma": (3, "same harmony? 1 is perfect, 0 is chance"),
    "bass": (3, "share of the time in which the bass plays the same note"),
    "onset": (3, "same rhythm? 1 is perfect, 0 is chance"),
    "log_mel": (2, "dB of difference in colour"),
    "level": (2, "dB louder"),
    "width": (2, "dB of difference in stereo width, in the worst of six bands"),
}
"""Number of decimals and explanation of each metric of `Quality`."""


@dataclass(frozen=True)
class Quality:
    """All metrics of one pair of recordings.

    Args:
        chroma: `chroma_similarity`, 1 for the same harmony, 0 for chance.
        bass: `bass_hit_rate`, the share of frames with the same bass note.
        onset: `onset_similarity`, 1 for the same rhythm, 0 for chance.
        log_mel: `log_mel_distance`, in dB.
        level: `level_difference`, in dB.
        width: the largest modulus of `width_difference`, in dB; NaN where no band is audible.
    """

    chroma: float
    bass: float
    onset: float
    log_mel: float
    level: float
    width: float

    @classmethod
    def measure(cls, reference: Audio, other: Audio, sample_rate: int) -> "Quality":
        """Measure all metrics, in less time than by calling each function."""
        first, second = downmix(reference, sample_rate), downmix(other, sample_rate)
        notes = _note_magnitudes(first), _note_magnitudes(second)
        width = width_difference(reference, other, sample_rate).abs()
        return cls(
            chroma=_chroma_similarity(*notes),
            bass=_bass_hit_rate(*notes),
            onset=_onset_similarity(first, second),
            log_mel=_log_mel_distance(first, second),
            level=level_difference(reference, other),
            width=float(width.nan_to_num(-1).max()) if width.isfinite().any() else float("nan"),
        )

    def to_dict(self) -> dict[str, float | None]:
        """Return the metrics by name, for JSON; an undefined one (NaN, as for silence) is None."""
        return {name: None if math.isnan(x) else x for name, x in asdict(self).items()}

    def texts(self) -> dict[str, str]:
        """Return the metrics by name, rounded to their meaningful decimals."""
        return {name: f"{x:.{MEANINGS[name][0]}f}" for name, x in asdict(self).items()}

    def lines(self) -> list[str]:
        """Return a line for each metric: name, value and explanation."""
        return [f"{name:<8}{text:>8}  {MEANINGS[name][1]}" for name, text in self.texts().items()]


def round_trip(
    codec: LatentCodec, audio: Float[Tensor, "2 samples"]
) -> tuple[Float[Tensor, "2 samples"], Quality]:
    """Encode and decode stereo audio at the codec's rate; return the result and its quality."""
    decoded = codec.decode(codec.encode(audio), audio.shape[1])
    return decoded, Quality.measure(audio, decoded, codec.sample_rate)


def chroma_similarity(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Similarity of harmony: correlation of pitch-class magnitudes, averaged over time.

    In each frame (23 ms) pitch classes are summed over seven octaves of a constant-Q transform
    tuned to A = 440 Hz, and correlated over the twelve classes. 1 is perfect, 0 is chance.

    Args:
        reference: the original; its quiet frames (50 dB below its loudest) are left out.
        other: a version of the original, equally long.
        sample_rate: the sample rate of both, in Hz.
    """
    return _chroma_similarity(
        *(_note_magnitudes(downmix(x, sample_rate)) for x in (reference, other))
    )


def bass_hit_rate(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Share of frames in which the strongest semitone from C1 to B3 is the same in both.

    Args:
        reference: the original; frames whose bass is quiet (50 dB below its loudest) are left out.
        other: a version of the original, equally long.
        sample_rate: the sample rate of both, in Hz.
    """
    return _bass_hit_rate(*(_note_magnitudes(downmix(x, sample_rate)) for x in (reference, other)))


def onset_similarity(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Similarity of rhythm: correlation of the two onset envelopes (spectral flux, 23 ms).

    Args:
        reference: the original.
        other: a version of the original, equally long.
        sample_rate: the sample rate of both, in Hz.
    """
    return _onset_similarity(downmix(reference, sample_rate), downmix(other, sample_rate))


def log_mel_distance(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Difference of colour: mean modulus of the difference of log-mel spectrograms, in dB.

    There are eighty bands up to 11 kHz. Levels are limited from below to 60 dB under the loudest
    band of the reference.

    Args:
        reference: the original.
        other: a version of the original, equally long.
        sample_rate: the sample rate of both, in Hz.
    """
    return _log_mel_distance(downmix(reference, sample_rate), downmix(other, sample_rate))


def level_difference(reference: Audio, other: Audio) -> float:
    """Return the mean power of the other over that of the reference, in dB."""
    powers = [max(float(audio.double().square().mean()), 1e-20) for audio in (reference, other)]
    return 10 * float(np.log10(powers[1] / powers[0]))


def width_difference(
    reference: Float[Tensor, "2 samples"], other: Float[Tensor, "2 samples"], sample_rate: int
) -> Float[Tensor, " bands"]:
    """Return how much wider the other recording is in six bands from 60 Hz to 16 kHz, in dB.

    Width is the ratio of the side's energy to the mid's, limited to -20 to 20 dB.

    Returns:
        one difference for each band; NaN where the reference is inaudible (50 dB below its loudest
        band).
    """
    ratios = []
    loud = torch.tensor(0.0)
    for audio in (other, reference):
        spectra = torch.fft.rfft(torch.stack([audio[0] + audio[1], audio[0] - audio[1]]).double())
        power = torch.view_as_real(spectra).square().sum(-1)
        frequency = torch.arange(power.shape[1]) * (sample_rate / audio.shape[1])
        band = torch.bucketize(frequency, torch.tensor(STEREO_EDGES), right=True)
        sums = torch.zeros(2, len(STEREO_EDGES) + 1, dtype=power.dtype)
        sums = sums.index_add(1, band, power)[:, 1:-1]
        ratios.append((10 * (sums[1] / sums[0].clamp(min=1e-20)).log10()).clamp(-20, 20))
        loud = sums.sum(0)
    audible = loud > loud.max() * 10 ** (-AUDIBLE_DB / 10)
    return (ratios[0] - ratios[1]).where(audible, torch.nan).float()


def downmix(audio: Audio, sample_rate: int) -> Matrix:
    """Return the mean of the channels, resampled to `ANALYSIS_RATE`."""
    mono = to_mono(audio)[None]
    samples: Matrix = resample(mono, sample_rate, ANALYSIS_RATE)[0].numpy()
    return samples


def _note_magnitudes(samples: Matrix) -> Matrix:
    """Return the magnitudes of a constant-Q transform, (semitones, frames)."""
    import librosa

    bins = 12 * OCTAVES
    spectra = librosa.cqt(samples, sr=ANALYSIS_RATE, hop_length=HOP, n_bins=bins, tuning=0.0)
    magnitudes: Matrix = np.abs(spectra).astype(np.float32)
    return magnitudes


def _audible_frames(magnitudes: Matrix) -> NDArray[np.bool_]:
    """Return which frames are within `AUDIBLE_DB` of the loudest one."""
    loudness = magnitudes.max(axis=0)
    audible: NDArray[np.bool_] = loudness > loudness.max() * 10 ** (-AUDIBLE_DB / 20)
    return audible


def _chroma_similarity(reference: Matrix, other: Matrix) -> float:
    classes = [
        notes.reshape(OCTAVES, 12, -1).sum(0)[:, _audible_frames(reference)]
        for notes in (reference, other)
    ]
    first, second = (chroma - chroma.mean(axis=0) for chroma in classes)
    norms = np.sqrt((first**2).sum(0) * (second**2).sum(0))
    return float(((first * second).sum(0) / np.maximum(norms, 1e-12)).mean())


def _bass_hit_rate(reference: Matrix, other: Matrix) -> float:
    reference, other = reference[:BASS_BINS], other[:BASS_BINS]
    hits = reference.argmax(axis=0) == other.argmax(axis=0)
    return float(hits[_audible_frames(reference)].mean())


def _onset_similarity(reference: Matrix, other: Matrix) -> float:
    import librosa

    first, second = (
        librosa.onset.onset_strength(y=samples, sr=ANALYSIS_RATE, hop_length=HOP)
        for samples in (reference, other)
    )
    return float(np.corrcoef(first, second)[0, 1])


def _log_mel_distance(reference: Matrix, other: Matrix) -> float:
    import librosa

    powers = [
        librosa.feature.melspectrogram(y=samples, sr=ANALYSIS_RATE, hop_length=HOP, n_mels=80)
        for samples in (reference, other)
    ]
    floor = max(float(powers[0].max()) * 1e-6, 1e-20)
    first, second = (10 * np.log10(np.maximum(power, floor)) for power in powers)
    return float(np.abs(first - second).mean())
