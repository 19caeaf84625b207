"""The speed and the memory of a training step."""

from functools import partial
from typing import Any

import torch
from torch import nn

from samuel_gen.benchmark.baseline_network import BaselineUNet
from samuel_gen.benchmark.network import FRAMES, count_gigaflops, make_inputs
from samuel_gen.benchmark.timing import Row, run_in_process, time_in_turn
from samuel_gen.data.load.batch import LatentBatch
from samuel_gen.diffusion.objective import Objective, uniform
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.models.precision import multiplies_bfloat16
from samuel_gen.models.unet import SoftAlignmentUNet

BATCHES = (8, 32)


def measure_training(
    config: dict[str, Any], device: torch.device, peak_gigaflops: float, repeats: int
) -> list[Row]:
    """Measure crops of 1,024 frames per second, for each batch size, each in its own process.

    Args:
        config: arguments of the network.
        device: the device to train on.
        peak_gigaflops: the machine's fastest arithmetic in GFLOP/s, of which rows give the share.
        repeats: number of timed steps.
    """
    rows = []
    for batch in BATCHES:
        section = f"training, batch {batch}"
        systems = [("plain", None, False), ("float32", config, False)]
        if multiplies_bfloat16(device):
            systems.append(("bfloat16", config, True))
        baseline = None
        for name, own_config, bfloat16 in systems:
            (seconds, gpu_memory, gigaflops), memory = run_in_process(
                _time_steps, own_config, batch, bfloat16, str(device), repeats
            )
            crops = [batch / each for each in seconds]
            median = sorted(crops)[len(crops) // 2]
            baseline = baseline or median
            note = f"{(gpu_memory or memory) / 1e3:.2f} GB"
            share = 3 * gigaflops * median / peak_gigaflops  # backward takes twice the forward
            rows.append(Row(section, name, "clips/s", crops, median / baseline, share, note))
    return rows


def _time_steps(
    config: dict[str, Any] | None, batch: int, bfloat16: bool, device_name: str, repeats: int
) -> tuple[list[float], float, float]:
    """Time training steps.

    Args:
        config: arguments of the network; None trains the baseline.
        batch: crops per step.
        bfloat16: train with autocast to bfloat16.
        device_name: the device to train on.
        repeats: number of timed steps.

    Returns:
        seconds of each step, the GPU's peak memory in MB (0 on other devices), and the GFLOP of
        one crop's forward.
    """
    from samuel_gen.training.lr_schedules import warmup_cosine
    from samuel_gen.training.module import AccompanimentDiffusion

    device = torch.device(device_name)
    network: nn.Module = BaselineUNet() if config is None else SoftAlignmentUNet(**config)
    network = network.to(device)
    make_optimizer = partial(torch.optim.AdamW, lr=1e-5)
    module = AccompanimentDiffusion(
        network, cosine(800), Objective(weight=uniform), make_optimizer, warmup_cosine
    )
    optimizer = make_optimizer(network.parameters())
    clean, _, vocal = make_inputs(batch, device)
    valid_frames = torch.full((batch,), FRAMES, device=device)
    data = LatentBatch(vocal, clean, valid_frames, torch.arange(batch, device=device), batch)

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            loss = module.training_step(data, 0)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    seconds = time_in_turn({"": step}, repeats, device)[""]
    on_gpu = device.type == "cuda"
    gpu_memory = torch.cuda.max_memory_allocated(device) / 1e6 if on_gpu else 0.0
    return seconds, gpu_memory, count_gigaflops(partial(network, *make_inputs(1, device)))
