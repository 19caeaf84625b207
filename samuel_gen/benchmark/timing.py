"""Timing of functions in turn, peak memory of a process, and the rows that report them."""

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
    """One measured quantity: a row of the report.

    Section and name identify the row when a report is compared with an earlier one.

    Attributes:
        section: the table that the row belongs to.
        name: the quantity.
        unit: the unit of the values.
        values: the value of each run.
        ratio: factor by which it is better than the section's baseline, measured in turn with it.
        share: share of the machine's limit, or of the section's total, 0 to 1.
        note: further information, as text.
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
        """The median of the runs."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """Half the interquartile range, relative to the median; 0 for a single run."""
        if len(self.values) < 2 or self.median == 0:
            return 0.0
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return (high - low) / 2 / abs(self.median)


def time_in_turn(
    functions: Mapping[str, Callable[[], Any]], repeats: int, device: torch.device
) -> dict[str, list[float]]:
    """Return the seconds of each run of each function, after one run to warm up.

    The functions take turns, so that a slow period of the machine affects all of them alike.

    Args:
        functions: the functions by name.
        repeats: number of timed runs of each.
        device: the device that they run on, which is synchronised before each reading of the clock.
    """
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    gc.collect()
    for turn in range(repeats + 1):
        for name, run in functions.items():
            begin = read_clock(device)
            run()
            elapsed = read_clock(device) - begin
            if turn:
                seconds[name].append(elapsed)
    return seconds


def read_clock(device: torch.device) -> float:
    """Return the time in seconds after waiting for the device to finish its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
    return time.perf_counter()


def compare_with_baseline(
    section: str, seconds: Mapping[str, list[float]], baseline: str, unit: str = "ms"
) -> list[Row]:
    """Make a row for each function, with its speed relative to the baseline.

    The ratio is the median over the turns of the ratios within each turn.

    Args:
        section: the section of the rows.
        seconds: the result of `time_in_turn`.
        baseline: the name of the baseline in `seconds`.
        unit: "s" or "ms".
    """
    scale = 1e3 if unit == "ms" else 1.0
    baseline_runs = seconds[baseline]
    return [
        Row(
            section,
            name,
            unit,
            [scale * each for each in runs],
            statistics.median(a / b for a, b in zip(baseline_runs, runs, strict=True)),
        )
        for name, runs in seconds.items()
    ]


def run_in_process(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Call a function in a new process; return its result and the process's peak memory in MB.

    Args:
        function: a module-level function, since the process imports it by name.
        arguments: the function's arguments, which must be picklable.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found: tuple[Any, float] = pool.submit(_with_peak_memory, function, arguments).result()
        return found


def _with_peak_memory(
    function: Callable[..., Any], arguments: tuple[Any, ...]
) -> tuple[Any, float]:
    return function(*arguments), _peak_memory()


def _peak_memory() -> float:
    """Return the peak memory of this process in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # unlike getrusage, it does not include the parent's memory
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
