import torch
from jaxtyping import Float
from torch import Tensor, nn


def rotate(
    features: Float[Tensor, "batch heads frames width"],
    cosine: Float[Tensor, "frames half_width"],
    sine: Float[Tensor, "frames half_width"],
) -> Float[Tensor, "batch heads frames width"]:
    """Turn each pair of features by its frame's angle, so that dot products see only distances.

    Args:
        features: queries or keys; feature i is paired with feature i + width / 2.
        cosine, sine: of the angle `frame * frequency`, one column per pair.

    Source: Su et al. 2021, "RoFormer", equation 34.
    """
    first, second = features.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


class RotaryEmbedding(nn.Module):
    """Rotary position embedding whose tables are computed once and only grow.

    Args:
        width: features per head, even.
        base: longest wavelength divided by 2 pi, in frames.
        frames: length of the first table.

    Source: Su et al. 2021, "RoFormer", section 3.2.2.
    """

    def __init__(self, width: int, base: float = 10_000.0, frames: int = 1024) -> None:
        super().__init__()
        assert width % 2 == 0, "rotary features come in pairs"
        self.width = width
        self.base = base
        self._tables = self._tabulated(frames, torch.device("cpu"))

    def _tabulated(self, frames: int, device: torch.device) -> tuple[Tensor, Tensor]:
        # Not buffers: the tables of two copies may differ in length. Not inference tensors: a
        # table made while sampling also serves the next training step.
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
        """Rotate queries and keys of the same frames."""
        frames = queries.shape[2]
        known = len(self._tables[0])
        if frames > known or self._tables[0].device != queries.device:
            longest = 2 * frames if frames > known else known
            self._tables = self._tabulated(longest, queries.device)
        cosine, sine = (table[:frames].to(queries.dtype) for table in self._tables)
        return rotate(queries, cosine, sine), rotate(keys, cosine, sine)
