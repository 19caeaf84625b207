"""A voice as it might have been recorded elsewhere: level, tone and noise, block by block.

A model that hears only clean or only separated voices learns to read the traces that a separator
leaves of the band. Each augmentation is one more version of the voice, encoded beside the original.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from samuel_gen.errors import SamuelError


@runtime_checkable
class Augmentation(Protocol):
    """Changes a stream of sound; its repr says all that the outcome depends on but the seed."""

    def blocks(
        self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int, seed: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """The same stream, changed; the blocks' lengths do not matter.

        Args:
            blocks: a voice at about -20 LUFS.
            sample_rate: Hz.
            seed: another seed, another outcome.
        """


class _Setting:
    """An augmentation with one setting, a number of decibels."""

    def __init__(self, decibels: float) -> None:
        if decibels <= 0:
            raise SamuelError(
                f"augmentation {type(self).__name__.lower()}: decibels={decibels}; expected more "
                "than 0; raise it or leave the augmentation out"
            )
        self.decibels = float(decibels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(decibels={self.decibels:g})"


class Level(_Setting):
    """A level that wanders, as when a singer moves before the microphone.

    Every three seconds there is a new gain, uniform in dB; between them it changes smoothly.

    Args:
        decibels: most that it is above or below the original.
    """

    _SECONDS = 3.0

    def blocks(
        self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int, seed: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """The stream at its wandering level."""
        generator = np.random.default_rng(seed)
        spacing = round(self._SECONDS * sample_rate)
        gains = list(generator.uniform(-self.decibels, self.decibels, 2))
        start = 0
        for block in blocks:
            at = (start + np.arange(block.shape[-1])) / spacing
            start += block.shape[-1]
            while len(gains) < at[-1] + 2:
                gains.append(generator.uniform(-self.decibels, self.decibels))
            before = at.astype(int)
            share = (1 - np.cos(np.pi * (at - before))) / 2
            known = np.asarray(gains)
            decibels = known[before] * (1 - share) + known[before + 1] * share
            yield block * torch.from_numpy(10 ** (decibels / 20)).float()


class Equalisation(_Setting):
    """Another microphone: four peaks or dips, an octave wide, at places drawn from 80 Hz to 10 kHz.

    Args:
        decibels: most that each raises or lowers its band.

    Source: Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
    """

    _BANDS, _LOWEST, _HIGHEST = 4, 80.0, 10_000.0

    def blocks(
        self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int, seed: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """The stream through the filters."""
        from scipy.signal import sosfilt

        generator = np.random.default_rng(seed)
        highest = min(self._HIGHEST, 0.4 * sample_rate)
        frequency = np.exp(generator.uniform(np.log(self._LOWEST), np.log(highest), self._BANDS))
        gain = generator.uniform(-self.decibels, self.decibels, self._BANDS)
        sections = np.stack(
            [_peak(f, g, sample_rate) for f, g in zip(frequency, gain, strict=True)]
        )
        state = np.zeros((self._BANDS, 2, 2))
        for block in blocks:
            filtered, state = sosfilt(sections, block.double().numpy(), axis=-1, zi=state)
            yield torch.from_numpy(filtered).float()


class Noise(_Setting):
    """Hiss: white noise, the same in no two channels.

    Args:
        decibels: how far it lies below the voice at most; at least it is 20 dB further down.
    """

    _SPAN, _VOICE = 20.0, -20.0

    def blocks(
        self, blocks: Iterable[Float[Tensor, "2 _"]], sample_rate: int, seed: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """The stream with the noise in it."""
        generator = np.random.default_rng(seed)
        below = self.decibels + generator.uniform(0, self._SPAN)
        level = 10 ** ((self._VOICE - below) / 20)
        for block in blocks:
            noise = generator.standard_normal((block.shape[-1], 2), dtype=np.float32).T
            yield block + level * torch.from_numpy(np.ascontiguousarray(noise))


def _peak(frequency: float, decibels: float, sample_rate: int) -> NDArray[np.float64]:
    """A second-order section that raises an octave around `frequency`."""
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
