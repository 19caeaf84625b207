"""Stereo whose sides cancel: one of them is inverted, so that the sum of both would be silence."""

from collections.abc import Iterable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.audio.edits import DerivedRecording
from samuel_gen.audio.recording import Recording

_CANCELLED = 0.25  # the power of the sum over that of the difference; 1 for unrelated sides


class InPhaseRecording(DerivedRecording):
    """A recording with its right side inverted.

    Args:
        recording: the original.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.sample_rate, self.samples = recording.sample_rate, recording.samples

    def _own_blocks(self) -> Iterator[Float[Tensor, "2 _"]]:
        return (_invert_right(block) for block in self.recording.blocks(self.sample_rate))


def bring_in_phase(recording: Recording) -> Recording:
    """Return a recording whose sides do not cancel: the same one, or with its right side inverted.

    It is read once as a whole. What is measured in a vocal, and what the network is given, comes
    from the result; the mix keeps the original.

    Args:
        recording: the recording.

    Raises:
        SamuelError: the recording cannot be read to its end.
    """
    is_cancelled = _is_cancelled(recording.blocks(recording.sample_rate))
    return InPhaseRecording(recording) if is_cancelled else recording


def bring_samples_in_phase(
    sound: Float[Tensor, "channels samples"],
) -> Float[Tensor, "channels samples"]:
    """Do for a sound in memory what `bring_in_phase` does; other than two channels stay.

    Args:
        sound: the sound.
    """
    return _invert_right(sound) if sound.shape[0] == 2 and _is_cancelled([sound]) else sound


def to_mono(sound: Float[Tensor, "channels samples"]) -> Float[Tensor, " samples"]:
    """Average the channels of a sound in memory, whose two sides are brought in phase before.

    Args:
        sound: the sound.
    """
    return bring_samples_in_phase(sound.detach().float()).mean(0)


def mono_blocks(recording: Recording, sample_rate: int) -> Iterator[Float[Tensor, " block"]]:
    """Read a recording in mono blocks, resampled, its two sides in phase.

    Args:
        recording: the recording.
        sample_rate: the rate in Hz to resample to.
    """
    return (block.mean(0) for block in bring_in_phase(recording).blocks(sample_rate))


def _is_cancelled(blocks: Iterable[Float[Tensor, "2 _"]]) -> bool:
    power = product = 0.0
    for block in blocks:
        left, right = block.detach().float()
        power += float(left @ left + right @ right)
        product += float(left @ right)
    return power + 2 * product < _CANCELLED * (power - 2 * product)


def _invert_right(block: Float[Tensor, "2 _"]) -> Float[Tensor, "2 _"]:
    return block * torch.tensor([[1.0], [-1.0]], dtype=block.dtype, device=block.device)
