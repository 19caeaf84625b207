"""Short-time spectra of a voice, freed of the recording's level and tone."""

import numpy as np
from jaxtyping import Float

ANALYSIS_RATE = 16_000
FFT_SIZE = 2048
WINDOW = np.hanning(769)[:-1].astype(np.float32)  # 48 ms: three periods of a voice at 65 Hz
FREQUENCIES = np.fft.rfftfreq(FFT_SIZE, 1 / ANALYSIS_RATE)

_SLOPE = -9.0  # dB per octave: about what close microphones hear of singers
_STEEPEST, _FLATTEST = -18.0, 6.0
_OCTAVES = [(177.0 * 2**octave, 354.0 * 2**octave) for octave in range(1, 5)]
_TILTED_ABOVE = 200.0  # Hz; below there is little but hum and breath under a high voice
_BLOCK = 2048


def voice_spectra(
    mono: Float[np.ndarray, " samples"], centres: Float[np.ndarray, " frames"]
) -> Float[np.ndarray, "frames bins"]:
    """Magnitude spectra around given times, with the song's loudest frames at about 1.

    The long-term spectrum's slope is set to one value, so that neither level nor a tilt of the
    tone (a bright or a dull microphone) changes what is found later. Silence gives zeros.

    Args:
        mono: one voice at ANALYSIS_RATE.
        centres: seconds.
    """
    half = WINDOW.size // 2
    starts = np.round(centres * ANALYSIS_RATE).astype(np.int64)
    after = max(0, int(starts.max(initial=0)) + WINDOW.size - mono.size - half)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(mono, (half, after)), WINDOW.size)
    spectra = np.empty((starts.size, FREQUENCIES.size), np.float32)
    for block in range(0, starts.size, _BLOCK):
        windowed = frames[starts[block : block + _BLOCK]] * WINDOW
        spectra[block : block + _BLOCK] = np.abs(np.fft.rfft(windowed, FFT_SIZE))
    if not spectra.any():
        return spectra
    spectra /= spectra.max()
    tilt = _SLOPE - np.clip(_slope(spectra), _STEEPEST, _FLATTEST)
    octaves = np.log2(np.maximum(FREQUENCIES, _TILTED_ABOVE) / 1000.0)
    spectra *= (10 ** (tilt * octaves / 20)).astype(np.float32)
    spectra /= loud_level(frame_level(spectra))
    return spectra


def frame_level(spectra: Float[np.ndarray, "frames bins"]) -> Float[np.ndarray, " frames"]:
    """Root of the power of each frame's spectrum."""
    return np.asarray(np.sqrt(np.einsum("tf,tf->t", spectra, spectra)))


def loud_level(level: Float[np.ndarray, " frames"]) -> float:
    """The level of the song's loud frames, however long its rests are; 0 for silence."""
    heard = level[level > 0.01 * level.max(initial=0.0)]
    return float(np.percentile(heard, 95)) if heard.size else 0.0


def _slope(spectra: Float[np.ndarray, "frames bins"]) -> float:
    """Slope of the long-term spectrum in dB per octave, 354 Hz to 5.7 kHz."""
    power = np.einsum("tf,tf->f", spectra, spectra)
    bands = [power[(low <= FREQUENCIES) & (high > FREQUENCIES)].mean() for low, high in _OCTAVES]
    decibels = 10 * np.log10(np.maximum(bands, 1e-12 * power.max()))
    return float(np.polyfit(np.arange(len(bands)), decibels, 1)[0])
