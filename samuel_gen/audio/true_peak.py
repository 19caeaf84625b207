"""True peak: the highest point of the waveform between the samples, in dBTP."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor


class TruePeakMeter:
    """Measures the true peak of a sound that arrives in blocks.

    Args:
        sample_rate: the rate of the sound in Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 2 (4 times oversampled).
    """

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._highest = 0.0
        self._channels = 0
        self._stream: Any = None

    def add(self, block: Float[Tensor, "channels samples"]) -> None:
        """Measure the next block; full scale is 1."""
        import soxr

        samples = block.detach().cpu().float().T.contiguous().numpy()
        if self._stream is None:
            rate, self._channels = self.sample_rate, samples.shape[1]
            self._stream = soxr.ResampleStream(rate, 4 * rate, self._channels, dtype="float32")
        self._update(samples)
        self._update(self._stream.resample_chunk(samples))

    def finish(self) -> float:
        """Return the true peak in dBTP, -inf for silence; no block can be added afterwards."""
        if self._stream is not None:
            nothing = np.zeros((0, self._channels), np.float32)
            self._update(self._stream.resample_chunk(nothing, last=True))
            self._stream = None
        return 20 * math.log10(self._highest) if self._highest > 0 else -math.inf

    def _update(self, samples: NDArray[np.float32]) -> None:
        self._highest = max(self._highest, float(np.abs(samples).max(initial=0.0)))


def true_peak(samples: Float[Tensor, "channels samples"], sample_rate: int) -> float:
    """Return the true peak in dBTP, -inf for silence.

    Args:
        samples: the sound; full scale is 1.
        sample_rate: the rate of the sound in Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 2 (4 times oversampled).
    """
    meter = TruePeakMeter(sample_rate)
    for start in range(0, samples.shape[-1], 8 * sample_rate):  # keeps memory bounded
        meter.add(samples[:, start : start + 8 * sample_rate])
    return meter.finish()
