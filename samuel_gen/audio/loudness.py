"""Loudness in LUFS (ITU-R BS.1770): meters for streams, and gains that reach a loudness or peak."""

import math
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from samuel_gen.audio.recording import Recording
from samuel_gen.audio.resample import to_stereo
from samuel_gen.audio.section_filter import SectionFilter
from samuel_gen.audio.streams import BLOCK_SAMPLES
from samuel_gen.audio.true_peak import TruePeakMeter, true_peak

REFERENCE_LOUDNESS = -20.0
"""LUFS: the loudness of every sound that a codec encodes."""

_ABSOLUTE_GATE = -70.0  # LUFS
_RELATIVE_GATE = -10.0  # dB relative to the mean of the blocks that pass the absolute gate


class LoudnessMeter:
    """Measures the loudness of a sound that arrives in blocks of any lengths.

    It keeps ten numbers per second. More than two channels are measured as the stereo that
    `to_stereo` makes of them. torchaudio's own function is not used: its filters clip at full
    scale, and it is ten times slower.

    Args:
        sample_rate: the rate of the sound in Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 1.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sections = _k_weighting(sample_rate)
        self._filter: SectionFilter | None = None
        self._quarter = max(1, round(0.1 * sample_rate))  # samples; a block of BS.1770 has 0.4 s
        self._quarters: list[NDArray[np.float64]] = []
        self._rest = np.zeros(0)  # weighted power of the samples after the last whole quarter

    def add(self, block: Float[Tensor, "channels block"]) -> None:
        """Measure the next block.

        Args:
            block: samples with as many channels as the first block had; full scale is 1.
        """
        if block.shape[-1] == 0:
            return
        if block.shape[0] > 2:
            block = to_stereo(block.double())  # in float32 it rounds differently with the length
        samples = block.detach().cpu().numpy().astype(np.float64)
        if self._filter is None:
            self._filter = SectionFilter(self._sections, samples.shape[0])
        power = np.concatenate([self._rest, (self._filter(samples) ** 2).sum(0)])
        whole = power.size // self._quarter * self._quarter
        self._quarters.append(power[:whole].reshape(-1, self._quarter).mean(1))
        self._rest = power[whole:].copy()

    @property
    def loudness(self) -> float:
        """Gated loudness in LUFS of the blocks so far; -inf for silence (nothing above -70 LUFS).

        A sound shorter than one block of 0.4 s counts as one block.
        """
        power = self._block_power()
        gate = _power_of(_ABSOLUTE_GATE)
        loud = power[power > gate]
        if loud.size == 0:
            return -math.inf
        gate = max(gate, float(loud.mean()) * 10 ** (_RELATIVE_GATE / 10))
        return -0.691 + 10 * math.log10(float(loud[loud > gate].mean()))

    def _block_power(self) -> NDArray[np.float64]:
        """Return the K-weighted power per block of 0.4 s, three quarters of which overlap."""
        quarters = np.concatenate([np.zeros(0), *self._quarters])
        if quarters.size >= 4:
            return np.convolve(quarters, np.full(4, 0.25), mode="valid")
        samples = quarters.size * self._quarter + self._rest.size
        if samples == 0:
            return np.zeros(0)
        return np.array([(quarters.sum() * self._quarter + self._rest.sum()) / samples])


class LoudnessPeakMeter:
    """Measures loudness and true peak of a sound that arrives in blocks of any lengths.

    Args:
        sample_rate: the rate of the sound in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._loudness, self._peak = LoudnessMeter(sample_rate), TruePeakMeter(sample_rate)

    def add(self, block: Float[Tensor, "channels _"]) -> None:
        """Measure the next block; full scale is 1."""
        self._loudness.add(block)
        self._peak.add(block)

    @cached_property
    def loudness(self) -> float:
        """Gated loudness in LUFS, -inf for silence; read it after the last block."""
        return self._loudness.loudness

    @cached_property
    def peak(self) -> float:
        """True peak in dBTP, -inf for silence; read it after the last block."""
        return self._peak.finish()


@runtime_checkable
class SoundMeter(Protocol):
    """Measures a sound block by block."""

    def add(self, block: Float[Tensor, "channels _"]) -> None:
        """Measure the next block."""


def meter_blocks(
    blocks: Iterable[Float[Tensor, "channels _"]], *meters: SoundMeter
) -> Iterator[Float[Tensor, "channels _"]]:
    """Yield the blocks unchanged; every meter measures each block as it passes."""
    for block in blocks:
        for meter in meters:
            meter.add(block)
        yield block


def measure_recording(recording: Recording) -> LoudnessPeakMeter:
    """Measure loudness and true peak of a recording at its own rate.

    Raises:
        SamuelError: the recording cannot be read.
    """
    meter = LoudnessPeakMeter(recording.sample_rate)
    for block in recording.blocks(recording.sample_rate):
        meter.add(block)
    return meter


def measure_samples(
    samples: Float[Tensor, "channels samples"], sample_rate: int
) -> LoudnessPeakMeter:
    """Measure loudness and true peak of a sound in memory.

    Args:
        samples: the sound; full scale is 1.
        sample_rate: the rate of the sound in Hz.
    """
    meter = LoudnessPeakMeter(sample_rate)
    for block in torch.split(samples, BLOCK_SAMPLES, dim=-1):
        meter.add(block)
    return meter


def integrated_loudness(samples: Float[Tensor, "channels samples"], sample_rate: int) -> float:
    """Return the gated loudness in LUFS, -inf for silence.

    Args:
        samples: the sound; full scale is 1.
        sample_rate: the rate of the sound in Hz.

    Source: Recommendation ITU-R BS.1770-4, annex 1.
    """
    meter = LoudnessMeter(sample_rate)
    for block in torch.split(samples, BLOCK_SAMPLES, dim=-1):
        meter.add(block)
    return meter.loudness


def db_to_gain(db: float) -> float:
    """Return the factor that amplifies samples by so many dB."""
    return math.pow(10, db / 20)


def normalise_loudness(
    samples: Float[Tensor, "channels samples"], sample_rate: int, target: float
) -> Float[Tensor, "channels samples"]:
    """Scale a sound to a loudness; silence stays as it is.

    Args:
        samples: the sound; full scale is 1, and the result may exceed it.
        sample_rate: the rate of the sound in Hz.
        target: the loudness to reach in LUFS.
    """
    loudness = integrated_loudness(samples, sample_rate)
    if loudness == -math.inf:
        return samples
    return samples * db_to_gain(target - loudness)


def limit_true_peak(
    samples: Float[Tensor, "channels samples"], sample_rate: int, ceiling: float = -1.0
) -> Float[Tensor, "channels samples"]:
    """Scale down a sound whose true peak exceeds the ceiling; return any other sound as it is.

    Args:
        samples: the sound; full scale is 1.
        sample_rate: the rate of the sound in Hz.
        ceiling: the highest true peak allowed in dBTP.
    """
    excess = true_peak(samples, sample_rate) - ceiling
    return samples * db_to_gain(-excess) if excess > 0 else samples


def _power_of(loudness: float) -> float:
    return math.pow(10.0, (loudness + 0.691) / 10)


def _k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """Return the K-weighting filter for any rate: a high shelf and a low cut, two sections.

    The shelf stands for the acoustics of the head. The parameters are those of the analogue
    prototypes behind the standard's 48 kHz tables.
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
