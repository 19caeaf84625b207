"""Pitch classes and onsets of music: the analysis of an accompaniment or a mix."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

MUSIC_RATE = 22_050
"""Hz: the sample rate at which music is analysed."""

_NOTES_WINDOW, _NOTES_HOP = 8192, 1024  # samples; the window resolves semitones from C3 on
_LOWEST, _OCTAVES = (
    48,
    4,
)  # MIDI C3; below it drums dominate, and every bass note has overtones above
_WIDTH = 0.3  # semitones: standard deviation of the Gaussian that collects a semitone's power
_AUDIBLE = 10 ** (
    -50 / 20
)  # amplitude relative to the loudest frame, below which a frame is silent

_ONSET_WINDOW, _ONSET_HOP = 1024, 256  # samples
_BANDS = torch.logspace(np.log10(60.0), 4.0, 29)  # Hz, the edges of the bands
_RISE = 4  # frames over which a rise is measured: 46 ms
_FAINTEST = 1e-5  # power relative to the loudest; changes below it are no onsets
_NEGLIGIBLE = 1e-9  # of the largest weight of a bin
_BLOCK = 512  # frames whose spectra are in memory at a time

CHROMA_SECONDS = _NOTES_HOP / MUSIC_RATE
"""Seconds per frame of `MusicAnalysis.chroma`; frame 0 is centred on 0 s."""
ONSET_SECONDS = _ONSET_HOP / MUSIC_RATE
"""Seconds per frame of `MusicAnalysis.onset_strength`; frame 0 is centred on 0 s."""


@dataclass(frozen=True, eq=False)
class MusicAnalysis:
    """Pitch classes and onsets of a piece of music.

    Attributes:
        chroma: square root of the power per pitch class, C first, every CHROMA_SECONDS.
        onset_strength: rise of the level, averaged over bands, every ONSET_SECONDS.
        seconds: the length of the music.
    """

    chroma: Float[np.ndarray, "12 frames"]
    onset_strength: Float[np.ndarray, " onset_frames"]
    seconds: float


def analyse_music(blocks: Iterable[Float[Tensor, " _"]], tuning_cents: float) -> MusicAnalysis:
    """Analyse a stream once, in memory that hardly grows with its length.

    Args:
        blocks: mono sound at MUSIC_RATE, in order, in blocks of any lengths.
        tuning_cents: the offset of its semitones from A = 440 Hz in cents.
    """
    notes = _PowerCollector(_NOTES_WINDOW, _NOTES_HOP, _semitone_weights(tuning_cents))
    bands = _PowerCollector(_ONSET_WINDOW, _ONSET_HOP, _band_weights())
    samples = 0
    for block in blocks:
        notes.add(block)
        bands.add(block)
        samples += block.shape[0]
    return MusicAnalysis(
        _chroma(notes.finish()), _onset_strength(bands.finish()), samples / MUSIC_RATE
    )


class ChromaMeter:
    """Measures the chroma of a stream as it passes, before its tuning is known.

    The power of the semitones is collected at three tunings a third of a semitone apart; the
    nearest one is used in the end.

    Args:
        sample_rate: the rate of the stream in Hz.
    """

    _TUNINGS = (-33.0, 0.0, 33.0)  # cents

    def __init__(self, sample_rate: int) -> None:
        import soxr

        self._resampler = soxr.ResampleStream(sample_rate, MUSIC_RATE, 1, dtype="float32")
        weights = torch.cat([_semitone_weights(tuning) for tuning in self._TUNINGS])
        self._notes = _PowerCollector(_NOTES_WINDOW, _NOTES_HOP, weights)

    def add(self, block: Float[Tensor, "channels _"]) -> None:
        """Measure the next piece of the stream; the channels are averaged."""
        mono = block.detach().float().mean(0).cpu().numpy()
        self._notes.add(torch.from_numpy(self._resampler.resample_chunk(mono)))

    def finish(self, tuning_cents: float) -> Float[np.ndarray, "12 frames"]:
        """Return the chroma, once the last piece is added; frames as in `MusicAnalysis`.

        Args:
            tuning_cents: the offset of the semitones from A = 440 Hz in cents, -50 to 50.
        """
        rest = self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)
        self._notes.add(torch.from_numpy(rest))
        nearest = min(range(3), key=lambda at: abs(self._TUNINGS[at] - tuning_cents))
        return _chroma(self._notes.finish().chunk(len(self._TUNINGS))[nearest])


class _PowerCollector:
    """Weighted sums of power spectra; the frames are centred on every `hop` samples from 0 on."""

    def __init__(self, window: int, hop: int, weights: Float[Tensor, "rows bins"]) -> None:
        self.window, self.hop = window, hop
        used = (weights > _NEGLIGIBLE * weights.amax()).any(0).nonzero()
        self.weights = weights[:, : int(used.max()) + 1]  # most bins lie above the highest row
        self._shape = torch.hann_window(window)
        self._rest = torch.zeros(window // 2)
        # One buffer that grows: small tensors in a list would pin the heap between large ones, and
        # half an hour would take 0.8 GB instead of 0.1.
        self._sums = bytearray()

    def add(self, block: Float[Tensor, " samples"]) -> None:
        samples = torch.cat([self._rest, block])
        if samples.shape[0] >= self.window:
            frames = samples.unfold(0, self.window, self.hop)
            for some in torch.split(frames, _BLOCK):
                spectrum = torch.fft.rfft(some * self._shape)[:, : self.weights.shape[1]]
                power = spectrum.abs().square()
                self._sums += (power @ self.weights.T).numpy().tobytes()
            samples = samples[frames.shape[0] * self.hop :].clone()
        self._rest = samples

    def finish(self) -> Float[Tensor, "rows frames"]:
        """Return all sums, once the last block is added."""
        self.add(torch.zeros(self.window // 2))
        sums = np.frombuffer(self._sums, np.float32).reshape(-1, self.weights.shape[0])
        return torch.from_numpy(sums.copy()).T


def _semitone_weights(tuning_cents: float) -> Float[Tensor, "semitones bins"]:
    """Return weights that collect the power around each semitone."""
    frequency = torch.fft.rfftfreq(_NOTES_WINDOW, 1 / MUSIC_RATE)
    semitone = 69 + 12 * torch.log2(frequency.clamp(min=1.0) / 440) - tuning_cents / 100
    notes = torch.arange(_LOWEST, _LOWEST + 12 * _OCTAVES)
    weights = torch.exp(-0.5 * ((semitone - notes[:, None]) / _WIDTH) ** 2)
    return weights / weights.sum(1, keepdim=True)


def _chroma(powers: Float[Tensor, "semitones frames"]) -> Float[np.ndarray, "12 frames"]:
    """Sum per pitch class what stands out from the mean of six semitones on either side."""
    level = powers.sqrt()
    padded = torch.nn.functional.pad(level.T[:, None], (6, 6), mode="replicate")
    tones = (level - torch.nn.functional.avg_pool1d(padded, 13, 1)[:, 0].T).clamp(min=0)
    loudest = level.amax(0)
    tones = tones * (loudest > _AUDIBLE * loudest.max())
    return np.asarray(tones.reshape(_OCTAVES, 12, -1).sum(0).double().numpy())


def _band_weights() -> Float[Tensor, "bands bins"]:
    """Return weights that collect the power of each band."""
    frequency = torch.fft.rfftfreq(_ONSET_WINDOW, 1 / MUSIC_RATE)
    band = torch.bucketize(frequency, _BANDS, right=True)
    weights = (band == torch.arange(1, _BANDS.numel())[:, None]).float()
    return weights[weights.any(1)]  # the lowest bands are narrower than a bin


def _onset_strength(powers: Float[Tensor, "bands frames"]) -> Float[np.ndarray, " frames"]:
    """Return the rise of the level in 46 ms, averaged over bands and smoothed a little."""
    floor = float(powers.max()) * _FAINTEST + 1e-20
    total = np.zeros(powers.shape[1])
    for band in powers:  # one at a time: all bands of half an hour would take 150 MB
        level = np.log10(np.maximum(band.double().numpy(), floor))
        before = np.pad(level, (_RISE, 0), mode="edge")[: level.size]
        total += np.maximum(level - before, 0)
    return np.convolve(total / powers.shape[0], [0.06, 0.24, 0.4, 0.24, 0.06])[2:-2]
