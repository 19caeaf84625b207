"""A band set against a voice: at a level by loudness, and nowhere above the ceiling."""

import math
from collections.abc import Iterable, Iterator
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.edits import Louder, Spliced
from samuel_gen.audio.loudness import LoudnessMeter, TruePeakMeter, metered
from samuel_gen.audio.recording import Recording, Sound, Summed

CEILING = -1.0
"""dBTP, of whatever is written."""
_STEPS = 30  # of 1 dB

Stereo = Float[Tensor, "2 samples"]


class Level:
    """Loudness and true peak of a sound that passes by.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._loudness, self._peak = LoudnessMeter(sample_rate), TruePeakMeter(sample_rate)

    def watch(self, blocks: Iterable[Stereo]) -> Iterator[Stereo]:
        """The same blocks; all of them pass before anything is asked for."""
        return metered(blocks, self._loudness, self._peak)

    @cached_property
    def loudness(self) -> float:
        """In LUFS."""
        return self._loudness.integrated()

    @cached_property
    def peak(self) -> float:
        """In dBTP."""
        return self._peak.peak()


def level_of(recording: Recording) -> Level:
    """Loudness and true peak of a recording, at its own rate."""
    level = Level(recording.sample_rate)
    for _ in level.watch(recording.blocks(recording.sample_rate)):
        pass
    return level


def stem_gain(level: Level, loudness: float) -> float:
    """What brings a sound to a loudness [LUFS], but its true peak not above the ceiling."""
    return decibels(min(loudness - level.loudness, CEILING - level.peak))


def mixed(voice: Recording, stem: Recording) -> Louder:
    """Both together: the voice untouched, or all of it turned down where it passed the ceiling."""
    both = Summed([voice, stem])
    return Louder(both, decibels(min(0.0, CEILING - level_of(both).peak)))


def spliced(
    voice: Recording, stem: Recording, mix_gain: float, start: int, patch: Stereo, fade: int
) -> Spliced:
    """The stem with one stretch replaced, where need be at a level at which nothing clips.

    Only the patch is turned down for that: all else stays as it was.

    Args:
        voice, stem: what was mixed.
        mix_gain: by what the mix was turned down.
        start, patch, fade: see `Spliced`.
    """
    rate = stem.sample_rate
    first = max(0, start - rate)
    near_voice, near_stem = (
        Sound(_cut(sound, first, start + patch.shape[-1] + rate), rate) for sound in (voice, stem)
    )

    def peaks(band: Recording) -> tuple[float, float]:
        mix = Louder(Summed([near_voice, band]), mix_gain)
        return level_of(band).peak, level_of(mix).peak

    allowed = [max(CEILING, peak) for peak in peaks(near_stem)]
    turned = patch
    for step in range(_STEPS):
        turned = decibels(float(-step)) * patch
        found = peaks(Spliced(near_stem, start - first, turned, fade))
        if all(peak <= most for peak, most in zip(found, allowed, strict=True)):
            break
    return Spliced(stem, start, turned, fade)


def _cut(recording: Recording, start: int, stop: int) -> Stereo:
    """Some of its samples, at its own rate."""
    found, at = [torch.zeros(2, 0)], 0
    for block in recording.blocks(recording.sample_rate):
        if at >= stop:
            break
        found.append(block[:, max(0, start - at) : stop - at])
        at += block.shape[-1]
    return torch.cat(found, dim=1)


def decibels(value: float) -> float:
    """The factor of so many dB."""
    return math.pow(10, value / 20)
