"""The vocal tract: five resonances per vowel, applied frame by frame in the spectrum."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

FRAME = 1024
"""The length of a frame [samples]."""
FRAME_HOP = 512
"""The distance between two frames [samples]."""

VOWELS: dict[str, tuple[float, ...]] = {
    "a": (730, 1090, 2440, 3400, 4500),
    "e": (480, 1900, 2500, 3400, 4500),
    "i": (280, 2250, 2950, 3500, 4600),
    "o": (480, 850, 2450, 3300, 4500),
    "u": (320, 850, 2250, 3250, 4500),
    "ae": (660, 1720, 2410, 3400, 4500),
    "er": (500, 1350, 1700, 3300, 4500),
    "uh": (620, 1190, 2390, 3350, 4500),
    "m": (250, 1050, 2200, 3200, 4400),
    "l": (360, 1250, 2700, 3300, 4500),
}
"""The formants of a grown man [Hz].

Source: after Peterson & Barney 1952; the upper formants and the nasals are our own.
"""

_BANDWIDTHS = np.array([80, 95, 130, 170, 220], np.float32)
"""The bandwidths of the five resonances [Hz]."""
_BLOCK = 512
"""The number of frames that are filtered at once."""


def _cascade_response(
    formants: NDArray[np.float32], bandwidths: NDArray[np.float32], sample_rate: int
) -> NDArray[np.complex64]:
    """The response of resonators in series, each with unity gain at 0 Hz; (frames, bins)."""
    omega = 2 * np.pi * np.arange(FRAME // 2 + 1) / FRAME
    delay = np.exp(-1j * omega).astype(np.complex64)
    product = np.ones((len(formants), len(delay)), np.complex64)
    radius = np.exp(-np.pi * bandwidths / sample_rate)
    angle = 2 * np.pi * formants / sample_rate
    first = (-2 * radius * np.cos(angle)).astype(np.float32)
    second = (radius**2).astype(np.float32)
    for k in range(formants.shape[1]):
        poles = second[:, k, None] * delay
        poles += first[:, k, None]
        poles *= delay
        poles += 1
        poles /= (1 + first[:, k] + second[:, k])[:, None]
        product *= poles
    return np.asarray(1 / product, dtype=np.complex64)


def _upper_response(tract: float, sample_rate: int) -> NDArray[np.complex64]:
    """The response of the resonances above the fifth, those of a tube: one every 1 kHz; (bins,).

    Without them the cascade falls by 60 dB per octave above its last formant, which no human
    vocal tract does.
    """
    centers = np.arange(5500.0 * tract, 0.5 * sample_rate, 1000.0 * tract, dtype=np.float32)
    widths = (0.06 * centers).astype(np.float32)
    response = _cascade_response(centers[None], widths[None], sample_rate)
    return np.asarray(response[0], dtype=np.complex64)


def apply_vocal_tract(
    source: NDArray[np.float32],
    formants: NDArray[np.float32],
    tract: float,
    tilt_hz: float,
    ring: float,
    sample_rate: int,
) -> NDArray[np.float32]:
    """Filter the glottal source with the vocal tract.

    Args:
        source: the glottal source; (samples,). Silent frames cost nothing.
        formants: the five formants [Hz], one row per `FRAME_HOP` samples; (frames, 5).
        tract: the singer's scale of the formants, for the fixed ones above the fifth.
        tilt_hz: the frequency above which the spectrum falls by a further 6 dB per octave.
        ring: the sharpening of the third to the fifth resonance into a singer's formant (0-1).
        sample_rate: the sample rate of the audio [Hz].

    Returns:
        The filtered sound; (samples,).
    """
    frames = len(formants)
    padded = np.zeros((frames + 1) * FRAME_HOP, np.float32)
    padded[FRAME_HOP : FRAME_HOP + len(source)] = source[: frames * FRAME_HOP]
    window = np.sin(np.pi * (np.arange(FRAME) + 0.5) / FRAME).astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::FRAME_HOP]
    active = np.flatnonzero(np.abs(views).max(axis=1) > 1e-6)
    bins = np.arange(FRAME // 2 + 1) * sample_rate / FRAME
    tilt = (_upper_response(tract, sample_rate) / (1 + 1j * bins / tilt_hz)).astype(np.complex64)
    bandwidths = _BANDWIDTHS * (1 - ring * np.array([0, 0, 0.4, 0.5, 0.4], np.float32))
    output = np.zeros_like(padded)
    for block in np.array_split(active, max(1, len(active) // _BLOCK)):
        if not len(block):
            continue
        rows = formants[block]
        widths = np.broadcast_to(bandwidths, rows.shape)
        response = _cascade_response(rows, widths, sample_rate) * tilt
        power = (response.real**2 + response.imag**2)[:, 4:120].mean(axis=1)
        response /= np.sqrt(power)[:, None] ** 0.8
        wave = irfft(rfft(views[block] * window, axis=1) * response, axis=1) * window
        for row, frame in enumerate(block):
            output[frame * FRAME_HOP : frame * FRAME_HOP + FRAME] += wave[row]
    return output[FRAME_HOP : FRAME_HOP + len(source)]
