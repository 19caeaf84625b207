"""Means over an epoch: of all items, in all processes, before and after an interruption."""

import sys
from collections.abc import Mapping

import torch

Sums = dict[str, tuple[float, float]]
"""Weighted sum and weight, by the name of the figure."""


class EpochMeans:
    """Weighted means of an epoch, summed over all processes and kept in training states.

    Lightning's own means start again after an interruption, and they weight processes by batch
    sizes that are rounded down to whole numbers.
    """

    def __init__(self) -> None:
        self._sums: Sums = {}

    def add(self, means: Mapping[str, float], items: float | int) -> None:
        """Add figures that are each the mean over `items` items."""
        for name, mean in means.items():
            total, weight = self._sums.get(name, (0.0, 0.0))
            self._sums[name] = (total + items * mean, weight + items)

    def reduce_sums(self, device: torch.device) -> Sums:
        """Return sum and weight of each figure over all processes; a collective operation.

        Args:
            device: the device for the exchange; every process has the same figures.
        """
        if not torch.distributed.is_initialized() or not self._sums:
            return dict(self._sums)
        pairs = torch.tensor(list(self._sums.values()), dtype=torch.float64, device=device)
        torch.distributed.all_reduce(pairs)
        return {name: (a, b) for name, (a, b) in zip(self._sums, pairs.tolist(), strict=True)}

    def reduce_means(self, device: torch.device) -> dict[str, float]:
        """Return the mean of each figure over all processes; a collective operation."""
        sums = self.reduce_sums(device)
        return {name: total / weight for name, (total, weight) in sums.items()}

    def restart(self) -> None:
        """Start again from nothing."""
        self._sums = {}

    def resume(self, sums: Mapping[str, tuple[float, float]]) -> None:
        """Continue from sums that `reduce_sums` returned.

        They are those of all processes: the first process holds them, and the others start at 0.
        """
        is_first = not torch.distributed.is_initialized() or torch.distributed.get_rank() == 0
        self._sums = dict(sums) if is_first else dict.fromkeys(sums, (0.0, 0.0))


def measure_peak_memory(device: torch.device) -> float:
    """Measure the peak memory so far in GB: of tensors on a CUDA device, else of the process.

    The result is NaN on systems that do not report it.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes or kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
