"""Means over the valid frames of a batch."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from samuel_gen.diffusion.denoiser import Latents


def masked_mean_square(
    error: Latents, valid_frames: Int[Tensor, " batch"]
) -> Float[Tensor, " batch"]:
    """The mean square of each item over its first `valid_frames` frames.

    Args:
        error: the error of each item; what lies behind the valid frames is ignored.
        valid_frames: the number of valid frames per item.
    """
    channels, frames = error.shape[1:]
    valid: Bool[Tensor, "batch frames"] = (
        torch.arange(frames, device=error.device) < valid_frames[:, None]
    )
    total = (error.square() * valid[:, None]).sum(dim=(1, 2))
    return total / (channels * valid_frames)
