"""Noise from seeds, the same on every device."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from samuel_gen.diffusion.denoiser import Latents

Randomness = torch.Generator | Sequence[torch.Generator] | None
"""One CPU generator for the batch, one for each item, or None for torch's global generator."""


def draw_noise(like: Latents, generator: Randomness) -> Latents:
    """Draw standard normal noise on the CPU and move it to the device of `like`.

    Args:
        like: latents whose shape, device and dtype the noise gets.
        generator: one generator for the batch; or one for each item, so that the noise of an item
            does not depend on the rest of the batch; or None, torch's global generator.
    """
    on_cuda = like.device.type == "cuda"  # a copy from pinned memory does not block
    if isinstance(generator, Sequence):
        noise = torch.stack(
            [
                torch.randn(item.shape, generator=item_generator)
                for item, item_generator in zip(like, generator, strict=True)
            ]
        )
        noise = noise.pin_memory() if on_cuda else noise
    else:
        noise = torch.randn(like.shape, generator=generator, pin_memory=on_cuda)
    return noise.to(like.device, like.dtype, non_blocking=on_cuda)
