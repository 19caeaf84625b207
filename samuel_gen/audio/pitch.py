"""The pitch of one voice: periodicity candidates per frame, then the best path through them.

Source: Boersma 1993, "Accurate short-term analysis of the fundamental frequency" (autocorrelation
divided by the window's, path finder); Tolonen & Karjalainen 2000 (magnitudes compressed first, so
that formants do not pass for pitch).
"""

import numpy as np
from jaxtyping import Float, Int

from samuel_gen.audio.spectra import ANALYSIS_RATE, FFT_SIZE, FREQUENCIES, WINDOW, frame_level

LOWEST, HIGHEST = 65.0, 1500.0  # Hz
_POWER = 1.2  # of the magnitudes; 2 is the plain autocorrelation
_OVERSAMPLING = 2  # lags are read between the samples too
_CANDIDATES = 6
_BLOCK = 1024

# Costs of the path, in units of the autocorrelation (1 is a perfectly periodic frame).
_UNVOICED = 0.4  # the periodicity from which a frame is voiced
_SILENCE = 0.02  # a frame this far below the song's loud ones has no pitch, however periodic
_LOW_OCTAVE = 0.02
_OCTAVE_JUMP = 0.35
_ON_OFF = 0.14


def pitch_track(spectra: Float[np.ndarray, "frames bins"]) -> Float[np.ndarray, " frames"]:
    """Fundamental frequency in Hz, LOWEST to HIGHEST, and 0 where there is none.

    Args:
        spectra: of `voice_spectra`, about 10 ms apart.
    """
    if spectra.shape[0] == 0:
        return np.zeros(0)
    blocks = [_candidates(spectra[at : at + _BLOCK]) for at in range(0, spectra.shape[0], _BLOCK)]
    frequency = np.concatenate([block[0] for block in blocks])
    strength = np.concatenate([block[1] for block in blocks])
    silence = 1 - frame_level(spectra) / _SILENCE
    unvoiced = _UNVOICED + np.maximum(0, silence) * 2
    chosen = _best_path(frequency, strength, unvoiced)
    picked = np.take_along_axis(frequency, np.maximum(chosen - 1, 0)[:, None], 1)[:, 0]
    return np.where(chosen > 0, picked, 0.0)


def _candidates(
    spectra: Float[np.ndarray, "frames bins"],
) -> tuple[Float[np.ndarray, "frames candidates"], Float[np.ndarray, "frames candidates"]]:
    """The most periodic frequencies of each frame and their autocorrelation, -inf for none."""
    size = FFT_SIZE * _OVERSAMPLING
    first = int(ANALYSIS_RATE / HIGHEST * _OVERSAMPLING)
    last = int(np.ceil(ANALYSIS_RATE / LOWEST * _OVERSAMPLING))
    window = np.fft.irfft(np.abs(np.fft.rfft(WINDOW, FFT_SIZE)) ** _POWER, size)
    curve = np.fft.irfft(spectra**_POWER * _voice_band(), size)
    curve = curve[:, : last + 2] / np.maximum(curve[:, :1], 1e-12)
    curve *= window[0] / window[: last + 2]

    before, here, after = (curve[:, first + shift : last + 1 + shift] for shift in (-1, 0, 1))
    frequency = ANALYSIS_RATE * _OVERSAMPLING / np.arange(first, last + 1)
    peak = (here > before) & (here >= after) & (here > 0.1)
    score = np.where(peak, here + _LOW_OCTAVE * np.log2(frequency), -np.inf)
    top = np.argpartition(-score, _CANDIDATES, axis=1)[:, :_CANDIDATES]

    before, here, after = (np.take_along_axis(x, top, 1) for x in (before, here, after))
    bend = np.minimum(before - 2 * here + after, -1e-9)
    shift = np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    strength = np.where(
        np.take_along_axis(peak, top, 1), here - 0.25 * (before - after) * shift, -np.inf
    )
    return ANALYSIS_RATE * _OVERSAMPLING / (first + top + shift), strength


def _best_path(
    frequency: Float[np.ndarray, "frames candidates"],
    strength: Float[np.ndarray, "frames candidates"],
    unvoiced: Float[np.ndarray, " frames"],
) -> Int[np.ndarray, " frames"]:
    """The state of each frame on the best path (Viterbi): 0 is unvoiced, k the k-th candidate."""
    octaves = np.log2(frequency)
    merit = np.where(np.isfinite(strength), strength + _LOW_OCTAVE * octaves, -1e3)
    merit = np.concatenate([unvoiced[:, None] + _LOW_OCTAVE * np.log2(LOWEST), merit], axis=1)
    frames, states = merit.shape
    came_from = np.zeros((frames, states), np.int64)
    move = np.full((states, states), _ON_OFF)
    move[0, 0] = 0
    total = merit[0]
    for frame in range(1, frames):
        move[1:, 1:] = _OCTAVE_JUMP * np.abs(octaves[frame - 1][:, None] - octaves[frame])
        options = total[:, None] - move
        came_from[frame] = options.argmax(0)
        total = options.max(0) + merit[frame]
    path = np.empty(frames, np.int64)
    path[-1] = total.argmax()
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


def _voice_band() -> Float[np.ndarray, " bins"]:
    """1 where the partials of voices are, falling off below 50 Hz and above 4 kHz."""
    low = 1 / (1 + (50.0 / np.maximum(FREQUENCIES, 1e-3)) ** 8)
    high = 1 / (1 + (FREQUENCIES / 4000.0) ** 8)
    return np.asarray(low * high, np.float32)
