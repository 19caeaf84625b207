"""A limiter: turns a sound down for some milliseconds wherever its true peak passes a ceiling."""

from collections.abc import Iterator
from itertools import chain

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool1d, interpolate, max_pool1d, pad

from samuel_gen.audio.edits import DerivedRecording
from samuel_gen.audio.recording import Recording
from samuel_gen.audio.resample import resample

LOOK_AHEAD = 0.008
"""The time in which the gain falls before a peak and rises after it, in seconds."""
_MARGIN = 0.1
"""The distance below the ceiling in dB, for what a changing gain adds between the samples."""
_HOP = 16
"""Samples that share one gain, before the gains are interpolated."""


class LimitedRecording(DerivedRecording):
    """A recording times a gain, with no true peak above a ceiling.

    Where nothing passes the ceiling, the samples are those of the recording times the gain.

    Args:
        recording: the original.
        gain: the factor on its samples.
        ceiling: the highest true peak, in dBTP.
    """

    def __init__(self, recording: Recording, gain: float | int, ceiling: float | int) -> None:
        self.recording, self.gain = recording, float(gain)
        self.sample_rate, self.samples = recording.sample_rate, recording.samples
        self._highest = 10 ** ((ceiling - _MARGIN) / 20)
        self._reach = max(2, round(LOOK_AHEAD * self.sample_rate / _HOP))

    def _own_blocks(self) -> Iterator[Float[Tensor, "2 _"]]:
        context = (2 * self._reach + 2) * _HOP
        held = silence = torch.zeros(2, context)
        blocks = chain(self.recording.blocks(self.sample_rate), [silence])
        left = self.samples
        for block in blocks:
            held = torch.cat([held, self.gain * block], dim=1)
            ready = min(left, (held.shape[1] - 2 * context) // _HOP * _HOP)
            if block is silence:
                ready = left
            if ready > 0:
                inside = slice(context, context + ready)
                yield held[:, inside] * self._find_gains(held)[inside]
                held = held[:, ready:]
                left -= ready

    def _find_gains(self, sound: Float[Tensor, "2 samples"]) -> Float[Tensor, " samples"]:
        """Return the gain of each sample: the lowest that is needed nearby, smoothed."""
        samples = sound.shape[1]
        peaks = pad(self._find_peaks(sound), (0, -samples % _HOP)).reshape(-1, _HOP).amax(1)
        needed = (self._highest / peaks.clamp(min=self._highest))[None]
        gains = -max_pool1d(-needed, 2 * self._reach + 1, 1, self._reach)
        # Two averages reach less far than the lowest gain was looked for, so that the gains of a
        # peak's own hop and of its neighbours are all low enough for it.
        for reach in (self._reach // 2, (self._reach - 1) // 2):
            gains = avg_pool1d(gains, 2 * reach + 1, 1, reach, count_include_pad=False)
        return interpolate(gains[None], scale_factor=_HOP, mode="linear")[0, 0, :samples]

    def _find_peaks(self, sound: Float[Tensor, "2 samples"]) -> Float[Tensor, " samples"]:
        """Return the highest modulus from each sample to the next one, 4 times oversampled."""
        rate = self.sample_rate
        between = resample(sound, rate, 4 * rate).abs().amax(0).reshape(-1, 4).amax(1)
        return torch.maximum(sound.abs().amax(0), between)
