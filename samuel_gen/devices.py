"""Where a network runs, and in what precision."""

import torch
from torch import nn

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.errors import SamuelError


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


def precise(network: nn.Module, device: torch.device) -> Denoiser:
    """The network in bfloat16 where the device computes in it faster; its answers are float32."""
    if device.type != "cuda" or not torch.cuda.is_bf16_supported():
        return network

    def evaluate(noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        with torch.autocast(device.type, torch.bfloat16):
            velocity: Latents = network(noisy, timestep, vocal)
        return velocity.float()

    return evaluate
