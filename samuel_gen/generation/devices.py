"""Where a network runs, and in what precision."""

import copy
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.errors import SamuelError

LISTENED_FRAMES = 32 * 1024
"""Frames (times items) for which a network remembers what it has heard: 0.2 GB in bfloat16."""


def device_named(name: str) -> torch.device:
    """The device of that name; "auto" is CUDA, else MPS, else the CPU.

    Raises:
        SamuelError: it is not on this machine.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError):
        raise SamuelError(
            f"device={name}: not on this machine; expected auto, cpu, cuda or mps; use auto"
        ) from None


def ready(network: nn.Module, device: torch.device) -> Denoiser:
    """The network as samplers call it: in the device's fastest precision, hearing a voice once.

    On CUDA, and on CPUs that multiply in it, weights and features are bfloat16; the answers are
    float32. What a network with `listen` and `denoise` has heard of a `Vocal` is kept for as long
    as that object is, up to LISTENED_FRAMES in all: at each timestep it hears the same.
    """
    dtype = torch.bfloat16 if multiplies_bfloat16(device) else torch.float32
    if dtype != torch.float32:
        network = copy.deepcopy(network).to(dtype)
    heard_of: WeakKeyDictionary[Vocal, Any] = WeakKeyDictionary()
    room = LISTENED_FRAMES

    def hear(vocal: Vocal) -> Any:
        nonlocal room
        heard = heard_of.get(vocal)
        if heard is None:
            heard = network.listen(_cast(vocal, dtype))  # type: ignore[operator]
            frames = vocal.latents.shape[0] * vocal.latents.shape[2]
            if frames <= room:
                room -= frames
                heard_of[vocal] = heard
        return heard

    def evaluate(noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        if hasattr(network, "listen"):
            velocity = network.denoise(noisy.to(dtype), timestep, hear(vocal))  # type: ignore[operator]
        else:
            velocity = network(noisy.to(dtype), timestep, _cast(vocal, dtype))
        answer: Latents = velocity.float()
        return answer

    return evaluate


def multiplies_bfloat16(device: torch.device) -> bool:
    """Has the device instructions for products of bfloat16?"""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        able = torch.cpu.get_capabilities()
        return any(bool(able.get(name)) for name in ("avx512_bf16", "amx_bf16"))
    return False


def _cast(vocal: Vocal, dtype: torch.dtype) -> Vocal:
    return replace(vocal, latents=vocal.latents.to(dtype), melody=vocal.melody.to(dtype))
