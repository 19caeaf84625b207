"""Power of a sound in blocks of equal length."""

import torch
from jaxtyping import Float
from torch import Tensor


class PowerMeter:
    """Measures the mean square of each block of a stream, averaged over channels.

    The result does not depend on the lengths of the pieces that are added.

    Args:
        block_samples: the length of a block in samples.
    """

    def __init__(self, block_samples: int) -> None:
        self.block_samples = block_samples
        self._powers: list[float] = []
        self._rest = torch.zeros(0, dtype=torch.float64)

    def add(self, block: Float[Tensor, "channels samples"]) -> None:
        """Measure the next piece of the stream; full scale is 1."""
        power = block.detach().double().square().mean(0).cpu()
        power = torch.cat([self._rest, power])
        whole = power.shape[0] // self.block_samples * self.block_samples
        self._powers += power[:whole].reshape(-1, self.block_samples).mean(1).tolist()
        self._rest = power[whole:].clone()

    def powers(self, *, with_rest: bool = True) -> list[float]:
        """Return the power of every block so far.

        Args:
            with_rest: count a shorter rest at the end as one more block.
        """
        rest = [float(self._rest.mean())] if with_rest and self._rest.numel() else []
        return [*self._powers, *rest]
