"""Loudness as listeners judge it (LUFS) and peaks as converters meet them (dBTP)."""

import math

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from samuel_gen.audio.resample import resample, to_stereo

REFERENCE_LOUDNESS = -20.0  # LUFS: of whatever a codec is given

_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0


def integrated_loudness(samples: Float[Tensor, "channels samples"], sample_rate: int) -> float:
    """Gated loudness in LUFS; -inf for silence (nothing above -70 LUFS).

    Sounds shorter than one block of 0.4 s count as one block. More than two channels are measured
    as the stereo that `to_stereo` makes of them. torchaudio's own function is not used: its filters
    clip at full scale, and it is ten times slower.

    Args:
        samples: full scale is 1.
        sample_rate: Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 1.
    """
    if samples.shape[0] > 2:
        samples = to_stereo(samples)
    if samples.shape[-1] == 0:
        return -math.inf
    power = _block_power(samples, sample_rate)
    gate = _power_of(_ABSOLUTE_GATE)
    loud = power[power > gate]
    if loud.size == 0:
        return -math.inf
    gate = max(gate, float(loud.mean()) * 10 ** (_RELATIVE_GATE / 10))
    return -0.691 + 10 * math.log10(float(loud[loud > gate].mean()))


def true_peak(samples: Float[Tensor, "channels samples"], sample_rate: int) -> float:
    """The highest point between the samples too, in dBTP; -inf for silence.

    Args:
        samples: full scale is 1.
        sample_rate: Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 2 (4 times oversampled).
    """
    if samples.shape[-1] == 0:
        return -math.inf
    peak = float(samples.abs().max())
    block, margin = 8 * sample_rate, 512  # in blocks, so that an hour takes no more memory
    for start in range(0, samples.shape[-1], block):
        piece = samples[:, max(0, start - margin) : start + block + margin]
        peak = max(peak, float(resample(piece, sample_rate, 4 * sample_rate).abs().max()))
    return 20 * math.log10(peak) if peak > 0 else -math.inf


def with_loudness(
    samples: Float[Tensor, "channels samples"], sample_rate: int, target: float
) -> Float[Tensor, "channels samples"]:
    """The same sound at another loudness, by plain gain; silence stays as it is.

    Args:
        samples: full scale is 1; the result may pass it.
        sample_rate: Hz.
        target: LUFS.
    """
    loudness = integrated_loudness(samples, sample_rate)
    if loudness == -math.inf:
        return samples
    return samples * 10 ** ((target - loudness) / 20)


def limit_true_peak(
    samples: Float[Tensor, "channels samples"], sample_rate: int, ceiling: float = -1.0
) -> Float[Tensor, "channels samples"]:
    """The same sound, turned down as a whole where its true peak passes the ceiling.

    Args:
        samples: full scale is 1.
        sample_rate: Hz.
        ceiling: dBTP.
    """
    excess = true_peak(samples, sample_rate) - ceiling
    return samples * 10 ** (-excess / 20) if excess > 0 else samples


def _block_power(samples: Tensor, sample_rate: int) -> NDArray[np.float64]:
    """K-weighted power per block of 0.4 s (three quarters overlap), summed over channels."""
    from scipy.signal import sosfilt

    quarter = max(1, round(0.1 * sample_rate))
    power = np.zeros(samples.shape[-1])
    for channel in samples.detach().cpu().numpy():
        power += sosfilt(_k_weighting(sample_rate), channel.astype(np.float64)) ** 2
    count = power.size // quarter
    if count < 4:
        return np.array([power.mean()])
    quarters = power[: count * quarter].reshape(count, quarter).mean(1)
    return np.convolve(quarters, np.full(4, 0.25), mode="valid")


def _power_of(loudness: float) -> float:
    return math.pow(10.0, (loudness + 0.691) / 10)


def _k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """The head's shelf and the low cut as two second-order sections, for any rate.

    The parameters are those of the analogue prototypes behind the standard's 48 kHz tables.
    """
    gain, quality = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    k = math.tan(math.pi * min(1681.974450955533 / sample_rate, 0.49))
    root = gain**0.4996667741545416
    over = 1 + k / quality + k * k
    shelf = [
        (gain + root * k / quality + k * k) / over,
        2 * (k * k - gain) / over,
        (gain - root * k / quality + k * k) / over,
        1.0,
        2 * (k * k - 1) / over,
        (1 - k / quality + k * k) / over,
    ]
    quality = 0.5003270373238773
    k = math.tan(math.pi * 38.13547087602444 / sample_rate)
    over = 1 + k / quality + k * k
    low_cut = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / over, (1 - k / quality + k * k) / over]
    return np.array([shelf, low_cut])
