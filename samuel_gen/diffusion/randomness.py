"""Noise from seeds: the same on every device, and of each item its own where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from samuel_gen.diffusion.denoiser import Latents

Randomness = torch.Generator | Sequence[torch.Generator] | None


def standard_normal(like: Latents, generator: Randomness) -> Latents:
    """Standard normal noise, drawn on the CPU, on its way to the device of `like`.

    Args:
        like: gives shape, device and dtype.
        generator: of all items; or one of each item, so that what an item gets does not depend on
            its company; or None, torch's global one.
    """
    on_cuda = like.device.type == "cuda"  # from pinned memory the copy waits for nothing
    if isinstance(generator, Sequence):
        fresh = torch.stack(
            [
                torch.randn(item.shape, generator=own)
                for item, own in zip(like, generator, strict=True)
            ]
        )
        fresh = fresh.pin_memory() if on_cuda else fresh
    else:
        fresh = torch.randn(like.shape, generator=generator, pin_memory=on_cuda)
    return fresh.to(like.device, like.dtype, non_blocking=on_cuda)
