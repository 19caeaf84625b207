"""How much of the music survives a round trip, in figures that a musician would understand.

All compare two takes of the same thing, sample by sample in time: a source and what became of it.
They listen to the sum of the channels at 22,050 Hz, except where stereo is the question, and leave
out what is too quiet to be heard in the source.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from samuel_gen.audio.resample import resample
from samuel_gen.codecs.codec import LatentCodec

Audio = Float[Tensor, "channels samples"]
Matrix = NDArray[np.float32]

LISTENING_RATE = 22_050
HOP = 512
OCTAVES = 7
"""Of the constant-Q transform, from C1 (32.7 Hz) on, 12 bins each."""
BASS_BINS = 36
"""The lowest three octaves, C1 to B3."""
AUDIBLE_DB = 50.0
STEREO_EDGES = (60.0, 250.0, 700.0, 1800.0, 4500.0, 9000.0, 16_000.0)
MEANINGS = {
    "chroma": (3, "same harmony? 1 is perfect, 0 is chance"),
    "bass": (3, "share of the time in which the bass plays the same note"),
    "onset": (3, "same rhythm? 1 is perfect, 0 is chance"),
    "log_mel": (2, "dB of difference in colour"),
    "level": (2, "dB louder"),
    "width": (2, "dB of difference in stereo width, in the worst of six bands"),
}
"""Decimals and words for each figure of `Quality`."""


@dataclass(frozen=True)
class Quality:
    """Every figure of one pair.

    Args:
        chroma: see `chroma_similarity`.
        bass: see `bass_hit_rate`.
        onset: see `onset_similarity`.
        log_mel: see `log_mel_distance`, in dB.
        level: see `level_difference`, in dB.
        width: the largest modulus of `width_difference`, in dB; NaN for mono.
    """

    chroma: float
    bass: float
    onset: float
    log_mel: float
    level: float
    width: float

    @classmethod
    def of(cls, reference: Audio, other: Audio, sample_rate: int) -> "Quality":
        """All the figures, at less than the cost of calling each."""
        first, second = heard(reference, sample_rate), heard(other, sample_rate)
        notes = _notes(first), _notes(second)
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
        """The figures by name, for JSON; None for what is undefined (NaN), as in silence."""
        return {name: None if math.isnan(x) else x for name, x in asdict(self).items()}

    def texts(self) -> dict[str, str]:
        """The figures by name, rounded to what they can tell."""
        return {name: f"{x:.{MEANINGS[name][0]}f}" for name, x in asdict(self).items()}

    def lines(self) -> list[str]:
        """A line for each figure: name, value and what it says."""
        return [f"{name:<8}{text:>8}  {MEANINGS[name][1]}" for name, text in self.texts().items()]


def round_trip(
    codec: LatentCodec, audio: Float[Tensor, "2 samples"]
) -> tuple[Float[Tensor, "2 samples"], Quality]:
    """What a codec makes of stereo audio at its rate, and how much of it survives."""
    decoded = codec.decode(codec.encode(audio), audio.shape[1])
    return decoded, Quality.of(audio, decoded, codec.sample_rate)


def chroma_similarity(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Same harmony? Correlation of the twelve pitch classes' magnitudes, averaged over time.

    Pitch classes are summed over seven octaves of a constant-Q transform tuned to A = 440 Hz,
    frame by frame (23 ms), correlated over the twelve classes. 1 is perfect, 0 is chance.

    Args:
        reference: the source; its quiet frames (50 dB below its loudest) are left out.
        other: what became of it, as long.
        sample_rate: of both, in Hz.
    """
    return _chroma_similarity(*(_notes(heard(x, sample_rate)) for x in (reference, other)))


def bass_hit_rate(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Same bass line? How often the strongest semitone from C1 to B3 is exactly the same one.

    Args:
        reference: the source; frames whose bass is quiet are left out.
        other: what became of it, as long.
        sample_rate: of both, in Hz.
    """
    return _bass_hit_rate(*(_notes(heard(x, sample_rate)) for x in (reference, other)))


def onset_similarity(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Same rhythm? Correlation of the two onset envelopes (spectral flux, 23 ms).

    Args:
        reference: the source.
        other: what became of it, as long.
        sample_rate: of both, in Hz.
    """
    return _onset_similarity(heard(reference, sample_rate), heard(other, sample_rate))


def log_mel_distance(reference: Audio, other: Audio, sample_rate: int) -> float:
    """Same colour? Mean modulus of the difference of two log-mel spectrograms, in dB.

    Eighty bands up to 11 kHz; whatever is 60 dB below the source's loudest band counts as that.

    Args:
        reference: the source.
        other: what became of it, as long.
        sample_rate: of both, in Hz.
    """
    return _log_mel_distance(heard(reference, sample_rate), heard(other, sample_rate))


def level_difference(reference: Audio, other: Audio) -> float:
    """How much louder the other is, in dB of mean power over all channels."""
    powers = [max(float(audio.double().square().mean()), 1e-20) for audio in (reference, other)]
    return 10 * float(np.log10(powers[1] / powers[0]))


def width_difference(
    reference: Float[Tensor, "2 samples"], other: Float[Tensor, "2 samples"], sample_rate: int
) -> Float[Tensor, " bands"]:
    """How much wider the other is, in dB of the side's energy over the middle's, in six bands.

    What is narrower than -20 dB counts as -20 dB, what is wider than 20 dB as that.

    Returns:
        one figure for each band from 60 Hz to 16 kHz; NaN where the source is silent (50 dB below
        its loudest band).
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


def heard(audio: Audio, sample_rate: int) -> Matrix:
    """The sum of the channels at the listening rate."""
    mono = audio.float().mean(0, keepdim=True)
    samples: Matrix = resample(mono, sample_rate, LISTENING_RATE)[0].numpy()
    return samples


def _notes(samples: Matrix) -> Matrix:
    import librosa

    bins = 12 * OCTAVES
    spectra = librosa.cqt(samples, sr=LISTENING_RATE, hop_length=HOP, n_bins=bins, tuning=0.0)
    magnitudes: Matrix = np.abs(spectra).astype(np.float32)
    return magnitudes


def _audible(magnitudes: Matrix) -> NDArray[np.bool_]:
    loudness = magnitudes.max(axis=0)
    audible: NDArray[np.bool_] = loudness > loudness.max() * 10 ** (-AUDIBLE_DB / 20)
    return audible


def _chroma_similarity(reference: Matrix, other: Matrix) -> float:
    classes = [
        notes.reshape(OCTAVES, 12, -1).sum(0)[:, _audible(reference)]
        for notes in (reference, other)
    ]
    first, second = (chroma - chroma.mean(axis=0) for chroma in classes)
    norms = np.sqrt((first**2).sum(0) * (second**2).sum(0))
    return float(((first * second).sum(0) / np.maximum(norms, 1e-12)).mean())


def _bass_hit_rate(reference: Matrix, other: Matrix) -> float:
    reference, other = reference[:BASS_BINS], other[:BASS_BINS]
    hits = reference.argmax(axis=0) == other.argmax(axis=0)
    return float(hits[_audible(reference)].mean())


def _onset_similarity(reference: Matrix, other: Matrix) -> float:
    import librosa

    first, second = (
        librosa.onset.onset_strength(y=samples, sr=LISTENING_RATE, hop_length=HOP)
        for samples in (reference, other)
    )
    return float(np.corrcoef(first, second)[0, 1])


def _log_mel_distance(reference: Matrix, other: Matrix) -> float:
    import librosa

    powers = [
        librosa.feature.melspectrogram(y=samples, sr=LISTENING_RATE, hop_length=HOP, n_mels=80)
        for samples in (reference, other)
    ]
    floor = max(float(powers[0].max()) * 1e-6, 1e-20)
    first, second = (10 * np.log10(np.maximum(power, floor)) for power in powers)
    return float(np.abs(first - second).mean())
