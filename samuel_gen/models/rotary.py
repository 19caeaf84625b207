"""Rotary position embedding of queries and keys."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def rotate(
    features: Float[Tensor, "batch heads frames width"],
    cosine: Float[Tensor, "frames half_width"],
    sine: Float[Tensor, "frames half_width"],
) -> Float[Tensor, "batch heads frames width"]:
    """Rotate each pair of features by an angle that grows with the frame.

    Dot products of rotated queries and keys depend on the distance of their frames only.

    Args:
        features: queries or keys; feature i is paired with feature i + width / 2.
        cosine: cosine of the angle `frame * frequency`, one column per pair.
        sine: sine of the same angle.

    Source: Su et al. 2021, "RoFormer", equation 34.
    """
    first, second = features.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


class RotaryEmbedding(nn.Module):
    """Rotary position embedding with tables that are kept and grow with the longest input.

    Args:
        width: features of each head, even.
        base: longest wavelength divided by 2 pi, in frames.
        frames: initial length of the tables.

    Source: Su et al. 2021, "RoFormer", section 3.2.2.
    """

    def __init__(self, width: int, base: float = 10_000.0, frames: int = 1024) -> None:
        super().__init__()
        assert width % 2 == 0, "features are rotated in pairs"
        self.width = width
        self.base = base
        self._tables = self._compute_tables(frames, torch.device("cpu"))

    def _compute_tables(self, frames: int, device: torch.device) -> tuple[Tensor, Tensor]:
        # Not buffers, because two copies of a network may hold tables of different lengths. Not
        # inference tensors, because a training step may follow sampling and use the same tables.
        with torch.inference_mode(False), torch.autocast(device.type, enabled=False):
            exponents = torch.arange(0, self.width, 2, device=device, dtype=torch.float32)
            positions = torch.arange(frames, device=device, dtype=torch.float32)
            angles = positions[:, None] * self.base ** (-exponents / self.width)
            return angles.cos(), angles.sin()

    def forward(
        self,
        queries: Float[Tensor, "batch heads frames width"],
        keys: Float[Tensor, "batch heads frames width"],
    ) -> tuple[
        Float[Tensor, "batch heads frames width"], Float[Tensor, "batch heads frames width"]
    ]:
        """Rotate queries and keys, which lie on the same frames."""
        frames = queries.shape[2]
        length = len(self._tables[0])
        if frames > length or self._tables[0].device != queries.device:
            new_length = 2 * frames if frames > length else length
            self._tables = self._compute_tables(new_length, queries.device)
        cosine, sine = (table[:frames].to(queries.dtype) for table in self._tables)
        return rotate(queries, cosine, sine), rotate(keys, cosine, sine)
