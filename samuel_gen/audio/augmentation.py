"""Augmentations of a vocal: gain, tone and noise of another recording, applied block by block.

A model trained on clean or on separated vocals alone learns to read the traces of the accompaniment
that a separator leaves. Each augmentation gives one more version of the vocal, which is encoded
beside the original.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from samuel_gen.audio.loudness import db_to_gain
from samuel_gen.errors import SamuelError


@runtime_checkable
class Augmentation(Protocol):
    """A random change of a sound, applied to it as a stream."""

    def describe(self) -> dict[str, Any]:
        """Return name, version and settings: all that the result depends on besides the seed."""

    def blocks(
        self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int, seed: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """Yield the changed stream; the lengths of the blocks do not matter.

        Args:
            blocks: a vocal at about -20 LUFS.
            sample_rate: the rate of the vocal in Hz.
            seed: the seed of the random change.
        """


class _DecibelAugmentation:
    """Base of augmentations with one setting, a number of decibels.

    `name` and `version` identify the augmentation in the description of a data set. Raise the
    version when the same setting and seed give another result.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1

    def __init__(self, decibels: float) -> None:
        if decibels <= 0:
            raise SamuelError(
                f"augmentation {self.name}: decibels={decibels}; choose more than 0, or leave the "
                "augmentation out"
            )
        self.decibels = float(decibels)

    def describe(self) -> dict[str, Any]:
        """Return name, version and decibels."""
        return {"name": self.name, "version": self.version, "decibels": self.decibels}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(decibels={self.decibels:g})"


class LevelDrift(_DecibelAugmentation):
    """A gain that drifts, as when a singer moves in front of the microphone.

    Every three seconds a new gain is drawn, uniform in dB; in between it changes smoothly.

    Args:
        decibels: the largest gain or attenuation.
    """

    name = "level"
    _SECONDS = 3.0

    def blocks(
        self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int, seed: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """Yield the stream times the drifting gain."""
        generator = np.random.default_rng(seed)
        spacing = round(self._SECONDS * sample_rate)
        gains = list(generator.uniform(-self.decibels, self.decibels, 2))
        start = 0
        for block in blocks:
            position = (start + np.arange(block.shape[-1])) / spacing
            start += block.shape[-1]
            while len(gains) < position[-1] + 2:
                gains.append(generator.uniform(-self.decibels, self.decibels))
            before = position.astype(int)
            share = (1 - np.cos(np.pi * (position - before))) / 2
            drawn = np.asarray(gains)
            decibels = drawn[before] * (1 - share) + drawn[before + 1] * share
            yield block * torch.from_numpy(10 ** (decibels / 20)).float()


class Equalisation(_DecibelAugmentation):
    """The tone of another microphone: four peaks or dips, an octave wide, from 80 Hz to 10 kHz.

    Args:
        decibels: the largest gain or attenuation of each.

    Source: Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
    """

    name = "equalisation"
    _BANDS, _LOWEST, _HIGHEST = 4, 80.0, 10_000.0  # filters; Hz

    def blocks(
        self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int, seed: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """Yield the stream through the filters."""
        from scipy.signal import sosfilt

        generator = np.random.default_rng(seed)
        highest = min(self._HIGHEST, 0.4 * sample_rate)
        frequency = np.exp(generator.uniform(np.log(self._LOWEST), np.log(highest), self._BANDS))
        gain = generator.uniform(-self.decibels, self.decibels, self._BANDS)
        sections = np.stack(
            [_peaking_filter(f, g, sample_rate) for f, g in zip(frequency, gain, strict=True)]
        )
        state = np.zeros((self._BANDS, 2, 2))
        for block in blocks:
            filtered, state = sosfilt(sections, block.double().numpy(), axis=-1, zi=state)
            yield torch.from_numpy(filtered).float()


class Noise(_DecibelAugmentation):
    """Hiss: white noise, independent in the two channels, at a random level.

    Args:
        decibels: the smallest distance from the vocal in dB; the largest is 20 dB more.
    """

    name = "noise"
    _SPAN, _VOCAL = 20.0, -20.0  # dB; LUFS

    def blocks(
        self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int, seed: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """Yield the stream plus the noise."""
        generator = np.random.default_rng(seed)
        below = self.decibels + generator.uniform(0, self._SPAN)
        gain = db_to_gain(self._VOCAL - below)
        for block in blocks:
            noise = generator.standard_normal((block.shape[-1], 2), dtype=np.float32).T
            yield block + gain * torch.from_numpy(np.ascontiguousarray(noise))


def _peaking_filter(frequency: float, decibels: float, sample_rate: int) -> NDArray[np.float64]:
    """Return a second-order section that raises an octave around `frequency`."""
    amplitude = 10 ** (decibels / 40)
    omega = 2 * np.pi * frequency / sample_rate
    alpha = np.sin(omega) * np.sinh(np.log(2) / 2 * omega / np.sin(omega))
    section = np.array(
        [
            1 + alpha * amplitude,
            -2 * np.cos(omega),
            1 - alpha * amplitude,
            1 + alpha / amplitude,
            -2 * np.cos(omega),
            1 - alpha / amplitude,
        ]
    )
    return np.asarray(section / section[3])
