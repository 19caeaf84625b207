"""What an epoch's figures are means of: all items, whoever saw them and after whatever break."""

import sys
from collections.abc import Mapping

import torch

Sums = dict[str, tuple[float, float]]


class EpochMeans:
    """Weighted means of an epoch, summed up over all processes and kept in checkpoints.

    Lightning's own would forget what came before a break, and weigh processes by batch sizes that
    it rounds down to whole numbers.
    """

    def __init__(self) -> None:
        self._sums: Sums = {}

    def add(self, means: Mapping[str, float], items: float | int) -> None:
        """Take in figures that are each the mean over this many items."""
        for name, mean in means.items():
            total, weight = self._sums.get(name, (0.0, 0.0))
            self._sums[name] = (total + items * mean, weight + items)

    def sums(self, device: torch.device) -> Sums:
        """Sum and weight of each figure, over all processes, which must all ask at once.

        Args:
            device: on which processes exchange them; every process has the same figures.
        """
        if not torch.distributed.is_initialized() or not self._sums:
            return dict(self._sums)
        pairs = torch.tensor(list(self._sums.values()), dtype=torch.float64, device=device)
        torch.distributed.all_reduce(pairs)
        return {name: (a, b) for name, (a, b) in zip(self._sums, pairs.tolist(), strict=True)}

    def means(self, device: torch.device) -> dict[str, float]:
        """The mean of each figure, over all processes, which must all ask at once."""
        return {name: total / weight for name, (total, weight) in self.sums(device).items()}

    def restart(self, sums: Mapping[str, tuple[float, float]] | None = None) -> None:
        """Begin from nothing, or from what `sums` gave before."""
        self._sums = dict(sums or {})


def peak_memory(device: torch.device) -> float:
    """The most memory so far, in GB: what tensors took on a CUDA device, else the whole process.

    NaN where the system does not tell.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes or kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
