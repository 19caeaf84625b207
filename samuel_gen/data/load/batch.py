"""What training receives: one named thing with named parts."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from samuel_gen.diffusion.denoiser import Latents, Vocal


@dataclass(frozen=True, eq=False)
class LatentBatch:
    """Crops of several songs, normalised; zeros after the first `valid_frames` frames of each.

    Attributes:
        vocal: latents and melody of the voices, and which of them are given.
        accompaniment: latents of the bands, on the same frames.
        valid_frames: per item, how many frames are music.
        index: per item, its number in the whole run (training) or in its split (validation); what
            is drawn at random for an item is drawn from it.
        global_items: items of this step over all processes.
    """

    vocal: Vocal
    accompaniment: Latents
    valid_frames: Int[Tensor, " batch"]
    index: Int[Tensor, " batch"]
    global_items: int

    def __len__(self) -> int:
        return len(self.valid_frames)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "LatentBatch":
        """The same batch on `device`; Lightning moves batches by this."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "LatentBatch":
        """The same batch in page-locked memory."""
        return self._each(Tensor.pin_memory)

    def _each(self, move: Callable[[Tensor], Tensor]) -> "LatentBatch":
        return type(self)(**{name: _moved(part, move) for name, part in vars(self).items()})


@dataclass(frozen=True, eq=False)
class ValidationBatch(LatentBatch):
    """A batch that brings along, for each item, a voice that does not belong to it.

    Attributes:
        other_vocal: of another song; which, depends on the split and the item alone.
    """

    other_vocal: Vocal


def _moved(part: Any, move: Callable[[Tensor], Tensor]) -> Any:
    if isinstance(part, Vocal):
        return replace(part, **{x.name: move(getattr(part, x.name)) for x in fields(part)})
    return move(part) if isinstance(part, Tensor) else part
