"""The speed of one call of the network, and the time that each kind of layer takes."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import nn

from samuel_gen.benchmark.baseline_network import BaselineUNet
from samuel_gen.benchmark.timing import Row, compare_with_baseline, read_clock, time_in_turn
from samuel_gen.diffusion.denoiser import Latents, Timesteps, Vocal
from samuel_gen.generation.devices import prepare_network
from samuel_gen.models.attention import GlobalAttention, LocalAttention
from samuel_gen.models.film import FiLM
from samuel_gen.models.norm import ChannelNorm
from samuel_gen.models.precision import multiplies_bfloat16
from samuel_gen.models.unet import SoftAlignmentUNet
from samuel_gen.models.vocal_encoder import VocalEncoder

FRAMES = 1024
"""Frames of the latents, 47.55 s."""
COMPILED = "float32, compiled"
"""The name of the row for torch.compile."""
_LAYER_KINDS: tuple[tuple[type[nn.Module], str], ...] = (
    (VocalEncoder, "voice"),
    (LocalAttention, "local attention"),
    (GlobalAttention, "global attention"),
    (FiLM, "FiLM"),
    (ChannelNorm, "norms"),
    (nn.Conv1d, "convolutions"),
    (nn.ConvTranspose1d, "convolutions"),
)

Inputs = tuple[Latents, Timesteps, Vocal]


def make_inputs(batch: int, device: torch.device, frames: int = FRAMES) -> Inputs:
    """Return random noisy latents, timesteps and a vocal, the arguments of a denoiser."""
    generator = torch.Generator().manual_seed(0)
    noisy, latents = (torch.randn(batch, 64, frames, generator=generator) for _ in range(2))
    vocal = Vocal.of(latents, torch.rand(batch, 14, frames, generator=generator))
    timesteps = torch.full((batch,), 400, device=device)
    return noisy.to(device), timesteps, vocal.to(device)


def count_gigaflops(run: Callable[[], Any]) -> float:
    """Return the arithmetic of one run in GFLOP."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops()) / 1e9


def measure_forward(
    network: SoftAlignmentUNet,
    device: torch.device,
    peak_gigaflops: float,
    repeats: int,
    compiled: bool,
) -> list[Row]:
    """Measure one call of the network in each precision, beside the baseline.

    Args:
        network: the network, on the device.
        device: the device of the network.
        peak_gigaflops: the machine's fastest arithmetic in GFLOP/s, of which rows give the share.
        repeats: number of timed runs of each.
        compiled: also measure torch.compile, which takes a minute and needs a C++ compiler.
    """
    baseline = BaselineUNet(network.timestep.num_timesteps).to(device).eval()
    rows: list[Row] = []
    for batch in (1, 2):
        runs = _forward_runs(network, baseline, make_inputs(batch, device), device)
        if compiled:
            runs[COMPILED] = partial(torch.compile(network), *make_inputs(batch, device))
        with torch.inference_mode():
            seconds = time_in_turn(runs, repeats, device)
        for row in compare_with_baseline(f"forward of ({batch}, 64, {FRAMES})", seconds, "plain"):
            # Counted after timing, when contexts are cached; compiled code cannot be counted.
            own = count_gigaflops(runs["float32" if row.name == COMPILED else row.name])
            share = own / (row.median / 1e3) / peak_gigaflops
            rows.append(replace(row, share=share, note=f"{own:.3g} GFLOP"))
    return rows


def _forward_runs(
    network: SoftAlignmentUNet, baseline: nn.Module, inputs: Inputs, device: torch.device
) -> dict[str, Callable[[], Any]]:
    """Return the calls to measure, by the name of their row."""
    prepared = prepare_network(network, device)
    precision = "bfloat16" if multiplies_bfloat16(device) else "as used"
    noisy, timesteps, vocal = inputs

    def call_with_new_vocal() -> Latents:
        # The cache of contexts is keyed by the Vocal object, so a copy is encoded again.
        return prepared(noisy, timesteps, vocal.select(slice(None)))

    return {
        "plain": partial(baseline, *inputs),
        "float32": partial(network, *inputs),
        precision: call_with_new_vocal,
        f"{precision}, voice heard before": partial(prepared, *inputs),
    }


def measure_parts(network: SoftAlignmentUNet, device: torch.device, repeats: int) -> list[Row]:
    """Measure the time of one call by kind of layer, each without the layers inside it.

    Args:
        network: the network, on the device.
        device: the device of the network.
        repeats: number of timed runs.
    """
    timer = _NestedTimer(device)
    inputs = make_inputs(1, device)
    milliseconds: dict[str, list[float]] = defaultdict(list)
    hooks = _hook_layers(network, timer)
    try:
        with torch.inference_mode():
            for _ in range(repeats + 1):
                timer.restart()
                network(*inputs)
                for name, seconds in timer.finish().items():
                    milliseconds[name].append(1e3 * seconds)
    finally:
        for hook in hooks:
            hook.remove()
    rows = [Row("parts", name, "ms", runs[1:]) for name, runs in milliseconds.items()]
    total = sum(row.median for row in rows)
    rows.sort(key=lambda row: -row.median)
    return [replace(row, share=row.median / total) for row in rows]


def _hook_layers(network: nn.Module, timer: "_NestedTimer") -> list[Any]:
    """Let the timer time every layer of a known kind; return the hooks, for removal."""
    hooks = []
    for module in network.modules():
        kind = next((name for layer, name in _LAYER_KINDS if isinstance(module, layer)), None)
        if kind is not None:
            hooks.append(module.register_forward_pre_hook(timer.begin))
            hooks.append(module.register_forward_hook(lambda *_, kind=kind: timer.end(kind)))
    return hooks


class _NestedTimer:
    """Seconds by name; the time of a nested interval is not counted for the outer one."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.restart()

    def restart(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.nested = [0.0]
        self.starts = [read_clock(self.device)]

    def begin(self, *_: Any) -> None:
        self.starts.append(read_clock(self.device))
        self.nested.append(0.0)

    def end(self, name: str) -> None:
        seconds = read_clock(self.device) - self.starts.pop()
        self.spent[name] += seconds - self.nested.pop()
        self.nested[-1] += seconds

    def finish(self) -> dict[str, float]:
        self.spent["the rest"] = read_clock(self.device) - self.starts[0] - self.nested[0]
        return self.spent
