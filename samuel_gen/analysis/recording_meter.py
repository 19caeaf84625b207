"""Levels of a recording, measured while it streams through the melody analysis."""

import numpy as np
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.faults import count_clipped
from samuel_gen.analysis.power import PowerMeter
from samuel_gen.audio.loudness import LoudnessMeter

_FAINTEST = 1e-10  # mean square of -100 dBFS, the lower limit of a frame's level


class RecordingMeter:
    """Measures loudness, peaks, clipping and the level of each frame of a stream.

    Args:
        sample_rate: the rate of the recording in Hz.
        hop_length: the samples per frame.

    Attributes:
        samples: the samples so far.
        clipped: the samples so far at which some channel is at full scale.
        channel_peaks: the highest sample of each channel so far.
    """

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        self.sample_rate = sample_rate
        self.samples = self.clipped = 0
        self.channel_peaks: list[float] = []
        self._loudness = LoudnessMeter(sample_rate)
        self._power = PowerMeter(hop_length)

    def add(self, block: Float[Tensor, "channels _"]) -> None:
        """Measure the next block; full scale is 1."""
        if block.shape[-1] == 0:
            return
        self._loudness.add(block)
        self._power.add(block)
        self.samples += block.shape[-1]
        self.clipped += count_clipped(block)
        peaks = block.detach().abs().amax(1).tolist()
        self.channel_peaks = [
            max(pair) for pair in zip(self.channel_peaks or peaks, peaks, strict=True)
        ]

    @property
    def seconds(self) -> float:
        """Length of the recording so far."""
        return self.samples / self.sample_rate

    @property
    def loudness(self) -> float:
        """Gated loudness in LUFS, -inf for silence."""
        return self._loudness.loudness

    @property
    def frame_levels(self) -> Float[np.ndarray, " frames"]:
        """Level of each whole frame in dBFS, at least -100."""
        power = np.asarray(self._power.powers(with_rest=False))
        return np.asarray(10 * np.log10(np.maximum(power, _FAINTEST)))
