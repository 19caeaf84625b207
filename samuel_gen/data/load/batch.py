"""Batches of training and validation: named tensors on the same frames."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from samuel_gen.diffusion.denoiser import Latents, Vocal


@dataclass(frozen=True, eq=False)
class LatentBatch:
    """Normalised crops of several songs; each item is zero after its first `valid_frames` frames.

    Attributes:
        vocal: latents and melody of the vocals, and which of them are given.
        accompaniment: latents of the accompaniments, on the same frames.
        valid_frames: the number of frames of each item that are music.
        index: the number of each item, in the whole run (training) or in its split (validation).
            Everything that is drawn at random for an item is seeded by it.
        global_items: the number of items of this step over all processes.
    """

    vocal: Vocal
    accompaniment: Latents
    valid_frames: Int[Tensor, " batch"]
    index: Int[Tensor, " batch"]
    global_items: int

    def __len__(self) -> int:
        return len(self.valid_frames)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "LatentBatch":
        """Return the same batch on `device`. Lightning moves batches with this method."""
        return self._map_tensors(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "LatentBatch":
        """Return the same batch in page-locked memory."""
        return self._map_tensors(Tensor.pin_memory)

    def _map_tensors(self, move: Callable[[Tensor], Tensor]) -> "LatentBatch":
        return type(self)(**{name: _map_part(part, move) for name, part in vars(self).items()})


@dataclass(frozen=True, eq=False)
class ValidationBatch(LatentBatch):
    """A batch with a second vocal for each item that does not belong to it.

    Attributes:
        other_vocal: the vocals of other songs. They depend on the split and the item only.
    """

    other_vocal: Vocal


def _map_part(part: Any, move: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(part, Vocal):
        return part.map(move)
    return move(part) if isinstance(part, Tensor) else part
