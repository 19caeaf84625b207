"""The glottal source: a Rosenberg pulse as band-limited wavetables."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_TABLE = 2048
"""The number of points of a wavetable, one period of the wave."""
_LOWEST_HZ = 55.0
_TABLES_PER_OCTAVE = 3
_OCTAVES = 5


@lru_cache(maxsize=8)
def _make_tables(open_percent: int, sample_rate: int) -> NDArray[np.float32]:
    """Return the derivative of the pulse without aliases, one table per third of an octave.

    Args:
        open_percent: the share of the period with an open glottis [%].
        sample_rate: the sample rate of the audio [Hz].

    Returns:
        The tables at unit RMS, the first point repeated at the end; (tables, 2049).

    Source: Rosenberg 1971, "Effect of Glottal Pulse Shape on the Quality of Natural Vowels",
    pulse C: a raised cosine up, a quarter cosine down, closed for the rest.
    """
    phase = np.arange(_TABLE) / _TABLE
    rise = 0.7 * open_percent / 100
    fall = 0.3 * open_percent / 100
    pulse = np.where(phase < rise, 0.5 - 0.5 * np.cos(np.pi * phase / rise), 0.0)
    closing = (phase >= rise) & (phase < rise + fall)
    pulse = np.where(closing, np.cos(np.pi / 2 * (phase - rise) / fall), pulse)
    spectrum = np.fft.rfft(pulse) * 2j * np.pi * np.arange(_TABLE // 2 + 1)
    rows = []
    for row in range(_OCTAVES * _TABLES_PER_OCTAVE):
        highest = _LOWEST_HZ * 2 ** ((row + 1) / _TABLES_PER_OCTAVE)
        kept = spectrum.copy()
        kept[int(0.45 * sample_rate / highest) + 1 :] = 0
        rows.append(np.fft.irfft(kept))
    tables = np.stack(rows)
    tables /= np.sqrt((tables**2).mean(axis=1, keepdims=True))
    return np.concatenate([tables, tables[:, :1]], axis=1).astype(np.float32)


def glottal_wave(
    hertz: NDArray[np.float64],
    is_audible: NDArray[np.bool_],
    open_quotient: float,
    sample_rate: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The sound of the vibrating glottis, before the vocal tract shapes it.

    Args:
        hertz: the pitch of each sample, 55 Hz or more; (samples,).
        is_audible: whether to compute a sample; the wave is 0 elsewhere; (samples,).
        open_quotient: the share of the period with an open glottis (0.4-0.85).
        sample_rate: the sample rate of the audio [Hz].

    Returns:
        The wave at unit RMS, and the phase of each sample within its period (0-1), which also
        modulates the breath noise; each (samples,).
    """
    tables = _make_tables(round(100 * open_quotient), sample_rate)
    cycles = np.cumsum(hertz / sample_rate)
    phase = (cycles - np.floor(cycles)).astype(np.float32)
    audible = np.flatnonzero(is_audible)
    row = np.log2(hertz[audible].astype(np.float32) / _LOWEST_HZ) * _TABLES_PER_OCTAVE
    row = np.clip(row.astype(np.int32), 0, len(tables) - 1)
    position = phase[audible] * _TABLE
    whole = position.astype(np.int32)
    flat = row * (_TABLE + 1) + whole
    values = tables.reshape(-1)
    low = values[flat]
    wave = np.zeros(len(hertz), np.float32)
    wave[audible] = low + (position - whole) * (values[flat + 1] - low)
    return wave, phase
