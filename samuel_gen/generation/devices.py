"""The device of a network, and its use by samplers."""

import copy
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.errors import SamuelError
from samuel_gen.models.precision import multiplies_bfloat16

CACHED_FRAMES = 32 * 1024
"""The frames (times items) whose context is kept in memory: 0.2 GB in bfloat16."""


def find_device(name: str) -> torch.device:
    """Return the device of that name; "auto" is CUDA, else MPS, else the CPU.

    Raises:
        SamuelError: the device is not on this machine.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError):
        raise SamuelError(
            f"device={name}: not on this machine; use auto, cpu, cuda or mps"
        ) from None


def prepare_network(network: nn.Module, device: torch.device) -> Denoiser:
    """Wrap a network for samplers: in the device's fastest precision, with a cache of contexts.

    On CUDA, and on CPUs with bfloat16 products, weights and features are bfloat16; velocities are
    float32. A network with `encode_context` and `denoise` encodes each `Vocal` once: the context
    does not depend on the timestep. It is kept while that `Vocal` object exists, for up to
    CACHED_FRAMES in all.

    Args:
        network: the network; it predicts what its objective says.
        device: the device that the network is on.
    """
    dtype = torch.bfloat16 if multiplies_bfloat16(device) else torch.float32
    if dtype != torch.float32:
        network = copy.deepcopy(network).to(dtype)
    contexts: WeakKeyDictionary[Vocal, Any] = WeakKeyDictionary()
    free_frames = CACHED_FRAMES

    def find_context(vocal: Vocal) -> Any:
        nonlocal free_frames
        context = contexts.get(vocal)
        if context is None:
            context = network.encode_context(_cast(vocal, dtype))  # type: ignore[operator]
            frames = vocal.latents.shape[0] * vocal.latents.shape[2]
            if frames <= free_frames:
                free_frames -= frames
                contexts[vocal] = context
        return context

    def predict(noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        noisy = noisy.to(dtype)
        if hasattr(network, "encode_context"):
            context = find_context(vocal)
            prediction: Latents = network.denoise(noisy, timestep, context)  # type: ignore[operator]
        else:
            prediction = network(noisy, timestep, _cast(vocal, dtype))
        return prediction.float()

    return predict


def _cast(vocal: Vocal, dtype: torch.dtype) -> Vocal:
    return vocal.map(lambda each: each.to(dtype) if each.is_floating_point() else each)
