"""`spectral-1`: an embedding of a few seconds of music that needs no trained network.

It is made for mixes. It captures whether those who play together agree in harmony, in any key. It
hardly captures whether they agree on the beat, since drums mask the vocal's onsets. On rendered
songs the Frechet distance between mismatched and true mixes is ten times that between two halves
of the true ones. Silence in place of an accompaniment clashes with nothing and so passes for
agreement: compare with the silence anchor.
"""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.music import CHROMA_SECONDS, MUSIC_RATE, ONSET_SECONDS, analyse_music

NAME = "spectral-1"
FEATURES = 36
WINDOW_SECONDS = 6.0
_BANDS = 8
_EDGES = np.geomspace(60, 10_000, _BANDS + 1)  # Hz
_LAGS = (0.2, 1.0)  # s: the shortest and the longest period of the pulse
_PHASES = 24
_WEIGHTS = {"tone": 0.5, "harmony": 6.0, "rhythm": 2.0}  # give the groups about equal weight

Sound = Float[Tensor, " samples"]
Features = Float[np.ndarray, " features"]


def embed(
    sound: Float[Tensor, " samples"], tuning_cents: float = 0.0
) -> Float[np.ndarray, "windows 36"]:
    """Embed consecutive windows of six seconds; an incomplete last window is left out.

    A sound shorter than one window is padded with silence.

    Args:
        sound: mono samples at 22,050 Hz (`MUSIC_RATE`); a gain changes nothing.
        tuning_cents: offset of the tuning from A = 440 Hz in cents.

    Returns:
        One row per window: mean power of eight bands and its variation (16 values), intervals
        (18 values), pulse (2 values).
    """
    length = round(WINDOW_SECONDS * MUSIC_RATE)
    return np.stack(
        [_embed_window(window, tuning_cents) for window in _split_windows(sound, length)]
    )


def _split_windows(sound: Sound, length: int) -> Iterator[Sound]:
    sound = torch.nn.functional.pad(sound, (0, max(0, length - sound.shape[0])))
    for start in range(0, sound.shape[0] - length + 1, length):
        yield sound[start : start + length]


def _embed_window(sound: Sound, tuning_cents: float) -> Features:
    music = analyse_music([sound], tuning_cents)
    groups = {
        "tone": _tone(sound),
        "harmony": _harmony(music.chroma),
        "rhythm": _rhythm(music.onset_strength),
    }
    return np.concatenate([_WEIGHTS[name] * values for name, values in groups.items()])


def _tone(sound: Sound) -> Features:
    """Mean and standard deviation of the power of eight bands over the total, in bels."""
    window = torch.hann_window(2048)
    power = torch.stft(sound, 2048, 1024, window=window, return_complex=True).abs().square()
    frequency = np.linspace(0, MUSIC_RATE / 2, power.shape[0])
    band = np.searchsorted(_EDGES, frequency) - 1
    rows = torch.stack([power[torch.from_numpy(band == each)].sum(0) for each in range(_BANDS)])
    total = float(rows.sum(0).mean()) + 1e-12
    bels = np.log10(rows.double().numpy() / total + 1e-6)
    return np.concatenate([bels.mean(1), bels.std(1)])


def _harmony(chroma: Float[np.ndarray, "12 frames"]) -> Features:
    """Strength with which pitch classes sound together with those 1 to 6 semitones away.

    It does not depend on the key. It is measured at one instant, within two seconds, and within
    the whole window.
    """
    frames = round(2.0 / CHROMA_SECONDS)
    sums = np.pad(chroma.cumsum(1), ((0, 0), (1, 0)))
    broad = sums[:, frames:] - sums[:, :-frames]
    whole = chroma.sum(1, keepdims=True)
    return np.concatenate([_intervals(each) for each in (chroma, broad, whole)])


def _intervals(chroma: Float[np.ndarray, "12 frames"]) -> Features:
    """Mean autocorrelation of the chroma over pitch classes, at lags of 1 to 6 semitones."""
    power = (chroma**2).sum(0)
    audible = power > 1e-9 * max(float(power.max()), 1e-12)
    if not audible.any():
        return np.zeros(6)
    chroma, power = chroma[:, audible], power[audible]
    shares = [(chroma * np.roll(chroma, lag, axis=0)).sum(0) / power for lag in range(1, 7)]
    return np.asarray([share.mean() for share in shares])


def _rhythm(strength: Float[np.ndarray, " instants"]) -> Features:
    """Autocorrelation at the strongest period, and the entropy of the onsets' phase within it."""
    rise = np.maximum(strength - np.median(strength), 0)
    power = float((rise**2).sum())
    if power <= 0:
        return np.array([0.0, np.log(_PHASES)])
    spectrum = np.fft.rfft(rise, 2 * rise.size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: rise.size] / power
    lags = np.arange(round(_LAGS[0] / ONSET_SECONDS), round(_LAGS[1] / ONSET_SECONDS))
    period = lags[correlation[lags].argmax()]
    phase = np.arange(rise.size) % period * _PHASES // period
    share = np.bincount(phase, rise, _PHASES) / rise.sum()
    return np.array([correlation[period], -(share * np.log(share + 1e-12)).sum()])
