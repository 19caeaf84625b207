"""The precision in which a device is fastest."""

import torch


def multiplies_bfloat16(device: torch.device) -> bool:
    """Return whether the device has instructions for products of bfloat16."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return any(bool(capabilities.get(name)) for name in ("avx512_bf16", "amx_bf16"))
    return False


def choose_precision(accelerator: str) -> str:
    """Return Lightning's name of the precision to train with: bf16-mixed or 32-true.

    Args:
        accelerator: "auto" or "gpu": bfloat16 if a GPU multiplies it, else float32, which is the
            reproducible choice on a CPU. "cpu_fastest": bfloat16 if the CPU multiplies it.
            "fastest": bfloat16 if the GPU, or without a GPU the CPU, multiplies it.
    """
    uses_gpu = accelerator != "cpu_fastest" and torch.cuda.is_available()
    if not uses_gpu and accelerator not in ("fastest", "cpu_fastest"):
        return "32-true"
    device = torch.device("cuda" if uses_gpu else "cpu")
    return "bf16-mixed" if multiplies_bfloat16(device) else "32-true"
