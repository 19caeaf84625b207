"""Pitch of a solo vocal: periodicity candidates per frame, then the best path through them.

Source: Boersma 1993, "Accurate short-term analysis of the fundamental frequency" (autocorrelation
divided by the window's, path finder); Talkin 1995, "A robust algorithm for pitch tracking".
"""

import numpy as np
import torch
from jaxtyping import Float

from samuel_gen.analysis.spectra import FFT_SIZE, FREQUENCIES, VOCAL_RATE, WINDOW

LOWEST, HIGHEST = 65.0, 3200.0  # Hz: a bass singer, a whistle
CANDIDATES = 6  # per frame
_WHITENING = 0.3  # exponent of the envelope divided out, so that formants do not pass for pitch
_ENVELOPE = 40  # bins (310 Hz) on either side over which the envelope is averaged, twice
_FLOOR = 0.003  # lower limit of the envelope, relative to the frame's strongest bin
_OVERSAMPLING = 2  # lags per sample
_BLOCK = 4096
_SQUEAK, _SQUEAK_OCTAVES = 13, 2.0  # a squeak: fewer frames (0.15 s), this far above the median

# Costs of the path, in units of the autocorrelation (1 is a perfectly periodic frame).
_UNVOICED = 0.4  # the periodicity from which a frame is voiced
_SILENCE = -34.0  # dB: a frame this far below the song's loud ones has no pitch, however periodic
_LOW_OCTAVE = 0.02  # per octave towards the bass
_OCTAVE_JUMP = 0.35  # per octave between two frames
_ON_OFF = 0.14  # per change between voiced and unvoiced

_Candidates = Float[np.ndarray, "frames candidates"]


def find_pitch_candidates(
    spectra: Float[np.ndarray, "frames bins"],
) -> tuple[_Candidates, _Candidates]:
    """Find the most periodic frequencies of each frame.

    Each frame is treated by itself; its level does not matter and its tone matters little.

    Args:
        spectra: magnitude spectra from `compute_spectra`.

    Returns:
        The frequencies in Hz and their autocorrelation, -inf where there are fewer candidates.
    """
    size = FFT_SIZE * _OVERSAMPLING
    first = int(VOCAL_RATE / HIGHEST * _OVERSAMPLING)
    last = int(np.ceil(VOCAL_RATE / LOWEST * _OVERSAMPLING))
    band = _pitch_band()
    spectra = spectra[:, : band.size]
    window = np.fft.irfft(np.abs(np.fft.rfft(WINDOW, FFT_SIZE)) ** 2, size)
    floor = np.maximum(_FLOOR * spectra.max(1, keepdims=True), 1e-12)
    envelope = np.maximum(_smooth(_smooth(spectra)), floor)
    whitened = torch.from_numpy(spectra**2 * envelope ** (-2 * _WHITENING) * band)
    curve = torch.fft.irfft(whitened, size).numpy()
    curve = curve[:, : last + 2] / np.maximum(curve[:, :1], 1e-20)
    curve *= window[0] / window[: last + 2]

    before, here, after = (curve[:, first + shift : last + 1 + shift] for shift in (-1, 0, 1))
    frequency = VOCAL_RATE * _OVERSAMPLING / np.arange(first, last + 1)
    peak = (here > before) & (here >= after) & (here > 0.1)
    score = np.where(peak, here + _LOW_OCTAVE * np.log2(frequency), -np.inf)
    top = np.argpartition(-score, CANDIDATES, axis=1)[:, :CANDIDATES]

    before, here, after = (np.take_along_axis(x, top, 1) for x in (before, here, after))
    bend = np.minimum(before - 2 * here + after, -1e-9)
    shift = np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    strength = here - 0.25 * (before - after) * shift
    strength = np.where(np.take_along_axis(peak, top, 1), strength, -np.inf)
    frequency = VOCAL_RATE * _OVERSAMPLING / (first + top + shift)
    return frequency.astype(np.float32), strength.astype(np.float32)


def track_pitch(
    frequency: _Candidates, strength: _Candidates, level: Float[np.ndarray, " frames"]
) -> Float[np.ndarray, " frames"]:
    """Track the fundamental frequency through the candidates by the Viterbi algorithm.

    Args:
        frequency, strength: the results of `find_pitch_candidates`, frames about 10 ms apart.
        level: the level of each frame in dB relative to the song's loud frames.

    Returns:
        The frequency of each frame in Hz, LOWEST to HIGHEST, and 0 where there is none.
    """
    frames = frequency.shape[0]
    pitch = np.zeros(frames)
    if frames == 0:
        return pitch
    came_from = np.zeros((frames, CANDIDATES + 1), np.int8)  # state 0 is unvoiced
    total = np.zeros(CANDIDATES + 1)
    for start in range(0, frames, _BLOCK):
        block = slice(start, start + _BLOCK)
        octaves = np.log2(frequency[max(0, start - 1) : start + _BLOCK])
        here = octaves[-frequency[block].shape[0] :]
        silence = 2 * np.maximum(0, 1 - 10 ** ((level[block] - _SILENCE) / 20))
        merit = np.empty((here.shape[0], CANDIDATES + 1))
        merit[:, 0] = _UNVOICED + silence + _LOW_OCTAVE * np.log2(LOWEST)
        merit[:, 1:] = np.where(
            np.isfinite(strength[block]), strength[block] + _LOW_OCTAVE * here, -1e3
        )
        cost = np.full((octaves.shape[0] - 1, CANDIDATES + 1, CANDIDATES + 1), _ON_OFF)
        cost[:, 0, 0] = 0
        cost[:, 1:, 1:] = _OCTAVE_JUMP * np.abs(octaves[:-1, :, None] - octaves[1:, None, :])
        if start == 0:
            total, merit = merit[0], merit[1:]
        for frame, (gain, move) in enumerate(zip(merit, cost, strict=True), max(start, 1)):
            options = total[:, None] - move
            came_from[frame] = options.argmax(0)
            total = options.max(0) + gain
    state = int(total.argmax())
    for frame in range(frames - 1, -1, -1):
        pitch[frame] = frequency[frame, state - 1] if state else 0.0
        state = int(came_from[frame, state])
    return _remove_squeaks(pitch)


def _remove_squeaks(pitch: Float[np.ndarray, " frames"]) -> Float[np.ndarray, " frames"]:
    """Remove short runs far above the song's pitch: consonants that ring in the mouth."""
    if not pitch.any():
        return pitch
    high = pitch > np.median(pitch[pitch > 0]) * 2**_SQUEAK_OCTAVES
    edges = np.flatnonzero(np.diff(high, prepend=False, append=False))
    for start, stop in edges.reshape(-1, 2):
        if stop - start < _SQUEAK:
            pitch[start:stop] = 0.0
    return pitch


def _smooth(spectra: Float[np.ndarray, "frames bins"]) -> Float[np.ndarray, "frames bins"]:
    """Return the moving average over the bins."""
    width = 2 * _ENVELOPE + 1
    padded = np.pad(spectra, ((0, 0), (_ENVELOPE + 1, _ENVELOPE)), mode="edge")
    sums = np.cumsum(padded, axis=1, dtype=np.float64)
    return np.asarray((sums[:, width:] - sums[:, :-width]) / width, np.float32)


def _pitch_band() -> Float[np.ndarray, " bins"]:
    """Return the weight of each bin, 1 from 50 Hz to 4 kHz, where the partials of voices lie."""
    frequencies = FREQUENCIES[FREQUENCIES < 6000.0]
    low = 1 / (1 + (50.0 / np.maximum(frequencies, 1e-3)) ** 8)
    return np.asarray(low / (1 + (frequencies / 4000.0) ** 8), np.float32)
