"""Loudness as listeners judge it (LUFS) and peaks as converters meet them (dBTP)."""

import math
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from samuel_gen.audio.resample import to_stereo

REFERENCE_LOUDNESS = -20.0  # LUFS: of whatever a codec is given

_ABSOLUTE_GATE = -70.0
_RELATIVE_GATE = -10.0
_BLOCK = 2**18


class LoudnessMeter:
    """Measures a sound that comes in blocks, of any lengths; it keeps ten numbers per second.

    More than two channels are measured as the stereo that `to_stereo` makes of them. torchaudio's
    own function is not used: its filters clip at full scale, and it is ten times slower.

    Args:
        sample_rate: Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 1.
    """

    def __init__(self, sample_rate: int) -> None:
        self._filter = _k_weighting(sample_rate)
        self._state: NDArray[np.float64] | None = None
        self._quarter = max(1, round(0.1 * sample_rate))  # of the standard's blocks of 0.4 s
        self._quarters: list[NDArray[np.float64]] = []
        self._rest = np.zeros(0)  # weighted power of the samples after the last whole quarter

    def add(self, block: Float[Tensor, "channels block"]) -> None:
        """Hear on; each block has as many channels as the first.

        Args:
            block: full scale is 1.
        """
        from scipy.signal import sosfilt

        if block.shape[-1] == 0:
            return
        if block.shape[0] > 2:
            block = to_stereo(block.double())  # in float32 it rounds differently with the length
        samples = block.detach().cpu().numpy().astype(np.float64)
        if self._state is None:
            self._state = np.zeros((2, samples.shape[0], 2))
        weighted, self._state = sosfilt(self._filter, samples, zi=self._state)
        power = np.concatenate([self._rest, (weighted**2).sum(0)])
        whole = power.size // self._quarter * self._quarter
        self._quarters.append(power[:whole].reshape(-1, self._quarter).mean(1))
        self._rest = power[whole:].copy()

    def integrated(self) -> float:
        """Gated loudness in LUFS; -inf for silence (nothing above -70 LUFS).

        Sounds shorter than one block of 0.4 s count as one block.
        """
        power = self._block_power()
        gate = _power_of(_ABSOLUTE_GATE)
        loud = power[power > gate]
        if loud.size == 0:
            return -math.inf
        gate = max(gate, float(loud.mean()) * 10 ** (_RELATIVE_GATE / 10))
        return -0.691 + 10 * math.log10(float(loud[loud > gate].mean()))

    def _block_power(self) -> NDArray[np.float64]:
        """K-weighted power per block of 0.4 s (three quarters overlap), summed over channels."""
        quarters = np.concatenate([np.zeros(0), *self._quarters])
        if quarters.size >= 4:
            return np.convolve(quarters, np.full(4, 0.25), mode="valid")
        heard = quarters.size * self._quarter + self._rest.size
        if heard == 0:
            return np.zeros(0)
        return np.array([(quarters.sum() * self._quarter + self._rest.sum()) / heard])


def integrated_loudness(samples: Float[Tensor, "channels samples"], sample_rate: int) -> float:
    """Gated loudness in LUFS, as `LoudnessMeter` measures it; -inf for silence.

    Args:
        samples: full scale is 1.
        sample_rate: Hz.
    """
    meter = LoudnessMeter(sample_rate)
    for start in range(0, samples.shape[-1], _BLOCK):
        meter.add(samples[:, start : start + _BLOCK])
    return meter.integrated()


@runtime_checkable
class Meter(Protocol):
    """Hears a sound block by block."""

    def add(self, block: Float[Tensor, "channels _"]) -> None:
        """Hear on."""


def metered(
    blocks: Iterable[Float[Tensor, "channels _"]], *meters: Meter
) -> Iterator[Float[Tensor, "channels _"]]:
    """The same blocks, each of which every meter hears as it passes."""
    for block in blocks:
        for meter in meters:
            meter.add(block)
        yield block


class TruePeakMeter:
    """The highest point between the samples too, of a sound that comes in block by block.

    Args:
        sample_rate: Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 2 (4 times oversampled).
    """

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._highest = 0.0
        self._channels = 0
        self._stream: Any = None

    def add(self, block: Float[Tensor, "channels samples"]) -> None:
        """Take some more samples into account; full scale is 1."""
        import soxr

        samples = block.detach().cpu().float().T.contiguous().numpy()
        if self._stream is None:
            rate, self._channels = self.sample_rate, samples.shape[1]
            self._stream = soxr.ResampleStream(rate, 4 * rate, self._channels, dtype="float32")
        self._see(samples)
        self._see(self._stream.resample_chunk(samples))

    def peak(self) -> float:
        """In dBTP, -inf for silence; nothing can be added afterwards."""
        if self._stream is not None:
            nothing = np.zeros((0, self._channels), np.float32)
            self._see(self._stream.resample_chunk(nothing, last=True))
            self._stream = None
        return 20 * math.log10(self._highest) if self._highest > 0 else -math.inf

    def _see(self, samples: NDArray[np.float32]) -> None:
        self._highest = max(self._highest, float(np.abs(samples).max(initial=0.0)))


def true_peak(samples: Float[Tensor, "channels samples"], sample_rate: int) -> float:
    """The highest point between the samples too, in dBTP; -inf for silence. See `TruePeakMeter`.

    Args:
        samples: full scale is 1.
        sample_rate: Hz.
    """
    meter = TruePeakMeter(sample_rate)
    for start in range(0, samples.shape[-1], 8 * sample_rate):  # an hour takes no more memory
        meter.add(samples[:, start : start + 8 * sample_rate])
    return meter.peak()


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
