"""Mean and standard deviation per channel of more latents than fit in memory."""

import torch
from jaxtyping import Float
from torch import Tensor


class ChannelMoments:
    """Running mean and standard deviation per channel, in double precision.

    Args:
        channels: the number of channels.

    Source: Chan, Golub & LeVeque 1979, "Updating formulae and a pairwise algorithm".
    """

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.mean: Float[Tensor, " channels"] = torch.zeros(channels, dtype=torch.float64)
        self._squares = torch.zeros(channels, dtype=torch.float64)

    def add(self, latents: Float[Tensor, "channels frames"]) -> None:
        """Include more frames."""
        values = latents.double()
        frames = values.shape[1]
        if frames == 0:
            return
        mean = values.mean(1)
        total = self.count + frames
        difference = mean - self.mean
        self._squares += ((values - mean[:, None]) ** 2).sum(1)
        self._squares += difference**2 * self.count * frames / total
        self.mean = self.mean + difference * frames / total
        self.count = total

    @property
    def std(self) -> Float[Tensor, " channels"]:
        """The standard deviation of all frames so far."""
        return (self._squares / max(1, self.count)).sqrt()
