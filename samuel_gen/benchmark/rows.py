"""What a benchmark finds, and how: repeated runs, in turn, each reported with its spread."""

import gc
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        section: what it belongs to.
        name: what was measured.
        unit: of the values.
        values: of the single runs.
        ratio: how many times better than the section's baseline, measured in turn with it.
        share: of the machine's limit, or of the whole, 0 to 1.
        note: whatever else is to be known.
    """

    section: str
    name: str
    unit: str
    values: list[float]
    ratio: float | None = None
    share: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The middle run."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Half the distance of the quartiles, as a share of the median; 0 for a single run."""
        if len(self.values) < 2 or self.median == 0:
            return 0.0
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return (high - low) / 2 / abs(self.median)


def timed(
    functions: Mapping[str, Callable[[], Any]], repeats: int, device: torch.device
) -> dict[str, list[float]]:
    """Seconds of each run, after one to warm up; all in turn, so that a slow spell meets them all.

    Args:
        functions: by name.
        repeats: runs of each.
        device: that they run on, which is waited for.
    """
    found: dict[str, list[float]] = {name: [] for name in functions}
    gc.collect()
    for turn in range(repeats + 1):
        for name, run in functions.items():
            begin = now(device)
            run()
            seconds = now(device) - begin
            if turn:
                found[name].append(seconds)
    return found


def now(device: torch.device) -> float:
    """The clock in seconds, once the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
    return time.perf_counter()


def compared(
    section: str, seconds: Mapping[str, list[float]], baseline: str, unit: str = "ms"
) -> list[Row]:
    """A row for each, with its ratio to the baseline: the median over the turns.

    Args:
        section: of all of them.
        seconds: of `timed`.
        baseline: the name of the plain way.
        unit: "s" or "ms".
    """
    scale = 1e3 if unit == "ms" else 1.0
    plain = seconds[baseline]
    return [
        Row(
            section,
            name,
            unit,
            [scale * each for each in runs],
            statistics.median(a / b for a, b in zip(plain, runs, strict=True)),
        )
        for name, runs in seconds.items()
    ]


def alone(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """What a function returns in a process of its own, and that process's peak memory in MB.

    Args:
        function: of a module, since the process finds it by name.
        arguments: which can be sent there.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found: tuple[Any, float] = pool.submit(_with_peak, function, arguments).result()
        return found


def _with_peak(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, float]:
    return function(*arguments), _peak()


def _peak() -> float:
    """Peak memory of this process in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # unlike getrusage it forgets what the parent held
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
