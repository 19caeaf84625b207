"""Learning rate schedules."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def warmup_cosine(
    optimizer: Optimizer, total_steps: int, *, warmup_steps: int = 500, final_share: float = 0.0
) -> LambdaLR:
    """A linear rise, followed by half a cosine down.

    Args:
        optimizer: the optimizer whose learning rates are scaled.
        total_steps: optimizer steps of the whole run.
        warmup_steps: steps of the rise; at most a tenth of the run.
        final_share: the share of the full learning rate that is reached at the last step.

    Source: Loshchilov & Hutter 2017, "SGDR", equation 5 (one period).
    """
    rise = min(warmup_steps, total_steps // 10)

    def share(step: int) -> float:
        if step < rise:
            return (step + 1) / (rise + 1)
        progress = min(1.0, (step - rise) / max(1, total_steps - rise))
        return final_share + (1 - final_share) * 0.5 * (1 + math.cos(math.pi * progress))

    return LambdaLR(optimizer, share)
