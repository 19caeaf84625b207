"""FiLM: the timestep and the vocal's context scale and shift the features of a block."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.errors import SamuelError

FilmMode = Literal["per_frame", "pooled", "none"]
Modulation = Float[Tensor, "batch _ _"] | None
"""The context's part of scale and shift, (batch, 2 * channels, frames or 1); None without one."""


class FiLM(nn.Module):
    """Feature-wise linear modulation of every frame by the timestep and the vocal's context.

    `scale = a(timestep) + g(timestep) * b(context)`, `shift` likewise: the gate `g` sets the
    influence of the context at each timestep, and `b` depends on the context alone, so it is
    computed once for all timesteps. At initialisation the layer is the identity.

    Args:
        channels: channels of the features.
        timestep_channels: features of the timestep's embedding.
        context_channels: channels of the vocal's context.
        mode: "per_frame"; "pooled" averages the context over time (as the released code does; for
            ablation); "none" uses the timestep only.

    Raises:
        SamuelError: `mode` is none of the three.

    Source: Perez et al. 2018, "FiLM", equation 2; per frame as SAMUeL-GEN (arXiv 2507.19991)
    describes it.
    """

    def __init__(
        self,
        channels: int,
        timestep_channels: int,
        context_channels: int,
        mode: FilmMode = "per_frame",
    ) -> None:
        super().__init__()
        if mode not in ("per_frame", "pooled", "none"):
            raise SamuelError(f"film={mode}: choose per_frame, pooled or none")
        self.mode = mode
        uses_context = mode != "none"
        self.timestep = nn.Linear(timestep_channels, (4 if uses_context else 2) * channels)
        self.context = nn.Conv1d(context_channels, 2 * channels, 1) if uses_context else None
        nn.init.zeros_(self.timestep.weight)
        nn.init.zeros_(self.timestep.bias)
        if self.context is not None:
            nn.init.ones_(self.timestep.bias[2 * channels :])
            for parameter in self.context.parameters():
                nn.init.zeros_(parameter)

    def project_context(
        self, context: Float[Tensor, "batch context_channels frames"]
    ) -> Modulation:
        """Compute `b(context)`, which is the same at every timestep; None under mode "none"."""
        if self.context is None:
            return None
        if self.mode == "pooled":
            context = context.mean(dim=2, keepdim=True)
        modulation: Tensor = self.context(context)
        return modulation

    def forward(
        self,
        features: Float[Tensor, "batch channels frames"],
        timestep: Float[Tensor, "batch timestep_channels"],
        modulation: Modulation,
    ) -> Float[Tensor, "batch channels frames"]:
        """Scale and shift the features.

        Args:
            features: features to modulate.
            timestep: embedding of each item's timestep.
            modulation: result of `project_context`.
        """
        scale_shift: Tensor = self.timestep(timestep)[:, :, None]
        if modulation is not None:
            own, gate = scale_shift.chunk(2, dim=1)
            scale_shift = gate * modulation + own
        scale, shift = scale_shift.chunk(2, dim=1)
        return torch.addcmul(features + shift, features, scale)
