"""Mean and standard deviation per channel of more latents than memory holds."""

import torch
from jaxtyping import Float
from torch import Tensor


class ChannelMoments:
    """Running mean and variance in double precision.

    Args:
        channels: how many there are.

    Source: Chan, Golub & LeVeque 1979, "Updating formulae and a pairwise algorithm".
    """

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.mean: Float[Tensor, " channels"] = torch.zeros(channels, dtype=torch.float64)
        self._squares = torch.zeros(channels, dtype=torch.float64)

    def add(self, latents: Float[Tensor, "channels frames"]) -> None:
        """Take some more frames into account."""
        values = latents.double()
        frames = values.shape[1]
        if frames == 0:
            return
        mean = values.mean(1)
        total = self.count + frames
        apart = mean - self.mean
        self._squares += ((values - mean[:, None]) ** 2).sum(1)
        self._squares += apart**2 * self.count * frames / total
        self.mean = self.mean + apart * frames / total
        self.count = total

    @property
    def std(self) -> Float[Tensor, " channels"]:
        """Standard deviation of all frames seen so far."""
        return (self._squares / max(1, self.count)).sqrt()
