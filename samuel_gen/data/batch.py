"""What training receives: one named thing with named parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad

from samuel_gen.data.shards import LatentSlice
from samuel_gen.diffusion.denoiser import Vocal


@dataclass(frozen=True, eq=False)
class LatentBatch:
    """Crops of several songs, normalised; zeros after the first `valid_frames` frames of each.

    Attributes:
        vocal: latents and melody of the voices, and which of them are given.
        accompaniment: latents of the bands, on the same frames.
        valid_frames: per item, how many frames are music.
    """

    vocal: Vocal
    accompaniment: Float[Tensor, "batch channels frames"]
    valid_frames: Int[Tensor, " batch"]

    @classmethod
    def of(cls, slices: Sequence[LatentSlice], frames: int) -> "LatentBatch":
        """The batch of these slices, each padded to `frames` frames."""
        valid = torch.tensor([each.frames for each in slices])
        latents = torch.stack([pad(each.vocal, (0, frames - each.frames)) for each in slices])
        melody = torch.stack([pad(each.melody, (0, frames - each.frames)) for each in slices])
        vocal = Vocal(
            latents,
            melody,
            latents_given=torch.ones(len(slices), dtype=torch.bool),
            melody_given=torch.tensor([each.melody_given for each in slices]),
        )
        bands = [pad(each.accompaniment, (0, frames - each.frames)) for each in slices]
        return cls(vocal, torch.stack(bands), valid)

    def __len__(self) -> int:
        return len(self.valid_frames)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "LatentBatch":
        """The same batch on `device`; Lightning moves batches by this."""
        return LatentBatch(
            self.vocal.to(device, non_blocking=non_blocking),
            self.accompaniment.to(device, non_blocking=non_blocking),
            self.valid_frames.to(device, non_blocking=non_blocking),
        )

    def pin_memory(self) -> "LatentBatch":
        """The same batch in page-locked memory; DataLoader pins batches by this."""
        vocal = Vocal(
            self.vocal.latents.pin_memory(),
            self.vocal.melody.pin_memory(),
            latents_given=self.vocal.latents_given.pin_memory(),
            melody_given=self.vocal.melody_given.pin_memory(),
        )
        return LatentBatch(vocal, self.accompaniment.pin_memory(), self.valid_frames.pin_memory())
