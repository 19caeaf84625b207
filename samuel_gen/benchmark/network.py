"""The machine's limits, the network against them, and its parts."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from samuel_gen.benchmark.plain import PlainUNet
from samuel_gen.benchmark.rows import Row, compared, now, timed
from samuel_gen.diffusion.denoiser import Latents, Timesteps, Vocal
from samuel_gen.generation.devices import multiplies_bfloat16, ready
from samuel_gen.models.attention import GlobalAttention, LocalAttention
from samuel_gen.models.film import FiLM
from samuel_gen.models.norm import ChannelNorm
from samuel_gen.models.unet import SoftAlignmentUNet
from samuel_gen.models.vocal_encoder import VocalEncoder

FRAMES = 1024
_SIZE = 2048
_PARTS: tuple[tuple[type[nn.Module], str], ...] = (
    (VocalEncoder, "voice"),
    (LocalAttention, "local attention"),
    (GlobalAttention, "global attention"),
    (FiLM, "FiLM"),
    (ChannelNorm, "norms"),
    (nn.Conv1d, "convolutions"),
    (nn.ConvTranspose1d, "convolutions"),
)

Inputs = tuple[Latents, Timesteps, Vocal]


def inputs(batch: int, device: torch.device, frames: int = FRAMES) -> Inputs:
    """Noise, timesteps and a voice, as a network is called with."""
    draw = torch.Generator().manual_seed(0)
    noisy, latents = (torch.randn(batch, 64, frames, generator=draw) for _ in range(2))
    voice = Vocal.of(latents, torch.rand(batch, 14, frames, generator=draw))
    steps = torch.full((batch,), 400, device=device)
    return noisy.to(device), steps, voice.to(device)


def ceilings(device: torch.device, repeats: int) -> list[Row]:
    """GFLOP/s of matrix products in each precision, GB/s of copying."""
    rows = []
    for dtype in (torch.float32, torch.bfloat16):
        one = torch.randn(_SIZE, _SIZE, device=device, dtype=dtype)
        runs = timed({"": lambda one=one: one @ one}, repeats, device)[""]  # type: ignore[misc]
        name = f"matrix product, {str(dtype).removeprefix('torch.')}"
        rows.append(Row("limits", name, "GFLOP/s", [2e-9 * _SIZE**3 / each for each in runs]))
    big = torch.zeros(2**26, device=device)
    copy = torch.empty_like(big)
    runs = timed({"": lambda: copy.copy_(big)}, repeats, device)[""]
    gigabytes = 2e-9 * big.numel() * big.element_size()
    rows.append(Row("limits", "memory, copied", "GB/s", [gigabytes / each for each in runs]))
    return rows


def limit(rows: list[Row]) -> float:
    """The fastest matrix product in GFLOP/s."""
    return max(row.median for row in rows if row.unit == "GFLOP/s")


def gigaflops(run: Callable[[], Any]) -> float:
    """The arithmetic of one run in GFLOP."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops()) / 1e9


def forward(
    network: SoftAlignmentUNet, device: torch.device, ceiling: float, repeats: int, compiled: bool
) -> list[Row]:
    """One call of the network in each precision, beside the plain one.

    Args:
        network: on the device.
        device: that it is on.
        ceiling: GFLOP/s, of which the rows tell the share.
        repeats: of each.
        compiled: also by torch.compile, which takes a minute and a C++ compiler.
    """
    plain = PlainUNet(network_timesteps(network)).to(device).eval()
    rows: list[Row] = []
    for batch in (1, 2):
        given = inputs(batch, device)
        runs: dict[str, Callable[[], Any]] = {
            "plain": lambda given=given: plain(*given),  # type: ignore[misc]
            "float32": lambda given=given: network(*given),  # type: ignore[misc]
        }
        # Each with a voice of its own, so that it is listened to anew.
        fast = ready(network, device)
        label = "bfloat16" if multiplies_bfloat16(device) else "as used"
        runs[label] = (
            lambda given=given, fast=fast: fast(  # type: ignore[misc]
                *given[:2], given[2].select(slice(None))
            )
        )
        runs[f"{label}, voice heard before"] = lambda given=given, fast=fast: fast(*given)  # type: ignore[misc]
        if compiled:
            whole = torch.compile(network)
            runs["float32, compiled"] = lambda given=given, whole=whole: whole(*given)  # type: ignore[misc]
        arithmetic = gigaflops(runs["float32"])
        with torch.inference_mode():
            seconds = timed(runs, repeats, device)
        for row in compared(f"forward of ({batch}, 64, {FRAMES})", seconds, "plain"):
            own = gigaflops(runs[row.name]) if "compiled" not in row.name else arithmetic
            share = own / (row.median / 1e3) / ceiling
            rows.append(
                Row(
                    row.section,
                    row.name,
                    row.unit,
                    row.values,
                    row.ratio,
                    share,
                    f"{own:.3g} GFLOP",
                )
            )
    return rows


def network_timesteps(network: SoftAlignmentUNet) -> int:
    """Timesteps of the schedule that the network was made for."""
    return network.timestep.num_timesteps


def parts(network: SoftAlignmentUNet, device: torch.device, repeats: int) -> list[Row]:
    """Where the time of one forward goes, by kind of layer; each without what it contains."""
    clock = _Clock(device)
    hooks = []
    for module in network.modules():
        kind = next((name for of, name in _PARTS if isinstance(module, of)), None)
        if kind is not None:
            hooks.append(module.register_forward_pre_hook(clock.begin))
            hooks.append(module.register_forward_hook(lambda *_, kind=kind: clock.end(kind)))
    given = inputs(1, device)
    found: dict[str, list[float]] = defaultdict(list)
    with torch.inference_mode():
        for _ in range(repeats + 1):
            clock.restart()
            network(*given)
            for name, seconds in clock.done().items():
                found[name].append(1e3 * seconds)
    for hook in hooks:
        hook.remove()
    rows = [Row("parts", name, "ms", runs[1:]) for name, runs in found.items()]
    whole = sum(row.median for row in rows)
    rows.sort(key=lambda row: -row.median)
    return [Row("parts", x.name, x.unit, x.values, share=x.median / whole) for x in rows]


class _Clock:
    """Seconds by name, where what is nested in something does not count for it."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.restart()

    def restart(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.nested = [0.0]
        self.begun = [now(self.device)]

    def begin(self, *_: Any) -> None:
        self.begun.append(now(self.device))
        self.nested.append(0.0)

    def end(self, name: str) -> None:
        seconds = now(self.device) - self.begun.pop()
        self.spent[name] += seconds - self.nested.pop()
        self.nested[-1] += seconds

    def done(self) -> dict[str, float]:
        self.spent["the rest"] = now(self.device) - self.begun[0] - self.nested[0]
        return self.spent
