"""`spectral-1`: what a few seconds of music sound like, in numbers that need no trained network.

Made for mixes: it hears whether those who play together agree in harmony, whatever the key; whether
they agree on the beat it hardly hears, since drums drown the voice's onsets. On rendered songs the
Frechet distance of mismatched from true mixes is ten times that of halves of the true ones.
Silence in place of a band clashes with nothing, and so passes for agreement: look at its anchor.
"""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.agreement import CHROMA_SECONDS, LISTENING_RATE, ONSET_SECONDS, listen

NAME = "spectral-1"
FEATURES = 36
WINDOW_SECONDS = 6.0
_BANDS = 8
_EDGES = np.geomspace(60, 10_000, _BANDS + 1)  # Hz
_LAGS = (0.2, 1.0)  # s: periods that are looked for
_PHASES = 24
_WEIGHTS = {"tone": 0.5, "harmony": 6.0, "rhythm": 2.0}  # so that groups count about alike

Sound = Float[Tensor, " samples"]
Features = Float[np.ndarray, " features"]


def embed(
    sound: Float[Tensor, " samples"], tuning_cents: float = 0.0
) -> Float[np.ndarray, "windows 36"]:
    """Embeddings of windows of six seconds, side by side; what is left at the end is left out.

    A sound that is shorter is followed by silence.

    Args:
        sound: mono, at the listening rate of 22,050 Hz; its level does not matter.
        tuning_cents: how far above A = 440 Hz it is played.

    Returns:
        (windows, 36): level and movement of eight bands, intervals, pulse.
    """
    length = round(WINDOW_SECONDS * LISTENING_RATE)
    return np.stack([_embedded(window, tuning_cents) for window in _windows(sound, length)])


def _windows(sound: Sound, length: int) -> Iterator[Sound]:
    sound = torch.nn.functional.pad(sound, (0, max(0, length - sound.shape[0])))
    for start in range(0, sound.shape[0] - length + 1, length):
        yield sound[start : start + length]


def _embedded(sound: Sound, tuning_cents: float) -> Features:
    played = listen([sound], tuning_cents)
    groups = {
        "tone": _tone(sound),
        "harmony": _harmony(played.chroma),
        "rhythm": _rhythm(played.onset_strength),
    }
    return np.concatenate([_WEIGHTS[name] * values for name, values in groups.items()])


def _tone(sound: Sound) -> Features:
    """Mean level of eight bands against the whole, and how much it moves, in bels."""
    window = torch.hann_window(2048)
    power = torch.stft(sound, 2048, 1024, window=window, return_complex=True).abs().square()
    frequency = np.linspace(0, LISTENING_RATE / 2, power.shape[0])
    band = np.searchsorted(_EDGES, frequency) - 1
    rows = torch.stack([power[torch.from_numpy(band == each)].sum(0) for each in range(_BANDS)])
    total = float(rows.sum(0).mean()) + 1e-12
    level = np.log10(rows.double().numpy() / total + 1e-6)
    return np.concatenate([level.mean(1), level.std(1)])


def _harmony(chroma: Float[np.ndarray, "12 frames"]) -> Features:
    """How strongly pitch classes sound together with those 1 to 6 semitones away: in every key.

    At once, within two seconds, and within the whole window.
    """
    frames = round(2.0 / CHROMA_SECONDS)
    sums = np.pad(chroma.cumsum(1), ((0, 0), (1, 0)))
    broad = sums[:, frames:] - sums[:, :-frames]
    whole = chroma.sum(1, keepdims=True)
    return np.concatenate([_intervals(each) for each in (chroma, broad, whole)])


def _intervals(chroma: Float[np.ndarray, "12 frames"]) -> Features:
    power = (chroma**2).sum(0)
    heard = power > 1e-9 * max(float(power.max()), 1e-12)
    if not heard.any():
        return np.zeros(6)
    chroma, power = chroma[:, heard], power[heard]
    shares = [(chroma * np.roll(chroma, lag, axis=0)).sum(0) / power for lag in range(1, 7)]
    return np.asarray([share.mean() for share in shares])


def _rhythm(strength: Float[np.ndarray, " instants"]) -> Features:
    """How strong the best period is, and how spread out what begins is within it (entropy)."""
    moved = np.maximum(strength - np.median(strength), 0)
    power = float((moved**2).sum())
    if power <= 0:
        return np.array([0.0, np.log(_PHASES)])
    spectrum = np.fft.rfft(moved, 2 * moved.size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: moved.size] / power
    lags = np.arange(round(_LAGS[0] / ONSET_SECONDS), round(_LAGS[1] / ONSET_SECONDS))
    period = lags[correlation[lags].argmax()]
    phase = np.arange(moved.size) % period * _PHASES // period
    share = np.bincount(phase, moved, _PHASES) / moved.sum()
    return np.array([correlation[period], -(share * np.log(share + 1e-12)).sum()])
