from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.errors import SamuelError

FilmMode = Literal["per_frame", "pooled", "none"]
Modulation = Float[Tensor, "batch _ _"] | None
"""Scales and shifts of every channel, in every frame or alike in all."""


class FiLM(nn.Module):
    """Feature-wise linear modulation of every frame by the timestep and the vocal's context.

    `scale = a(timestep) + g(timestep) * b(vocal)`, `shift` likewise: the timestep decides how
    far the voice is listened to, and all that depends on the voice alone stays apart from it.
    Born as the identity.

    Args:
        channels: features to be modulated.
        timestep_channels: features of the timestep's embedding.
        context_channels: features of the vocal's context.
        mode: "per_frame"; "pooled" averages the context over time (the released code's way, for
            ablation); "none" leaves the timestep only.

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
            raise SamuelError(f"film={mode}; expected one of per_frame, pooled, none; correct it")
        self.mode = mode
        heard = mode != "none"
        self.timestep = nn.Linear(timestep_channels, (4 if heard else 2) * channels)
        self.context = nn.Conv1d(context_channels, 2 * channels, 1) if heard else None
        nn.init.zeros_(self.timestep.weight)
        nn.init.zeros_(self.timestep.bias)
        if self.context is not None:
            nn.init.ones_(self.timestep.bias[2 * channels :])
            for parameter in self.context.parameters():
                nn.init.zeros_(parameter)

    def listen(self, context: Float[Tensor, "batch context_channels frames"]) -> Modulation:
        """`b(vocal)`, which is the same at every timestep; None if the voice is not heard."""
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
        heard: Modulation,
    ) -> Float[Tensor, "batch channels frames"]:
        """The features, scaled and shifted; `heard` is of `listen`."""
        modulation: Tensor = self.timestep(timestep)[:, :, None]
        if heard is not None:
            own, gate = modulation.chunk(2, dim=1)
            modulation = gate * heard + own
        scale, shift = modulation.chunk(2, dim=1)
        return torch.addcmul(features + shift, features, scale)
