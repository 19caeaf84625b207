"""The vocal encoder: from latents and melody of a vocal to its context at each resolution."""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.errors import SamuelError
from samuel_gen.models.norm import ChannelNorm

Conditioning = Literal["latents_melody", "latents", "melody"]
Features = Float[Tensor, "batch channels frames"]


class _ViewProjection(nn.Module):
    """The projection of one view, or a learned null embedding for items whose view is withheld."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(in_channels, channels, 3, padding=1)
        self.null = nn.Parameter(torch.zeros(channels, 1))

    def forward(
        self, view: Float[Tensor, "batch features frames"], given: Bool[Tensor, " batch"]
    ) -> Features:
        return torch.where(given[:, None, None], self.conv(view), self.null.to(view.dtype))


class _ContextBlock(nn.Module):
    """A residual block without FiLM: the context does not depend on the timestep."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm_in = ChannelNorm(channels)
        self.conv_in = nn.Conv1d(channels, channels, 3, padding=1)
        self.norm_out = ChannelNorm(channels)
        self.conv_out = nn.Conv1d(channels, channels, 3, padding=1)

    def forward(self, features: Features) -> Features:
        hidden = self.conv_in(F.silu(self.norm_in(features)))
        update: Tensor = self.conv_out(F.silu(self.norm_out(hidden)))
        return features + update


class VocalEncoder(nn.Module):
    """Encoder of a vocal into contexts, one for each of the network's resolutions.

    The projected views are added; residual blocks follow at each resolution, and a strided
    convolution leads from one resolution to the next.

    Args:
        latent_channels: channels of the vocal's latents.
        melody_features: features of the melody track.
        channels: channels of the context at every resolution.
        levels: number of resolutions, each half as fine as the one before.
        depth: residual blocks at each resolution.
        conditioning: views that are used: "latents_melody", "latents" (the paper's) or "melody".

    Raises:
        SamuelError: `conditioning` is none of the three.
    """

    def __init__(
        self,
        latent_channels: int,
        melody_features: int,
        channels: int,
        levels: int,
        depth: int,
        conditioning: Conditioning,
    ) -> None:
        super().__init__()
        if conditioning not in ("latents_melody", "latents", "melody"):
            raise SamuelError(
                f"conditioning={conditioning}: choose one of latents_melody, latents, melody"
            )
        uses_latents, uses_melody = "latents" in conditioning, "melody" in conditioning
        self.latents = _ViewProjection(latent_channels, channels) if uses_latents else None
        self.melody = _ViewProjection(melody_features, channels) if uses_melody else None
        self.levels = nn.ModuleList(
            nn.Sequential(*(_ContextBlock(channels) for _ in range(depth))) for _ in range(levels)
        )
        self.downs = nn.ModuleList(
            nn.Conv1d(channels, channels, 4, stride=2, padding=1) for _ in range(levels - 1)
        )

    def forward(self, vocal: Vocal) -> list[Features]:
        """Return the contexts from the finest resolution to the coarsest."""
        views = []
        if self.latents is not None:
            views.append(self.latents(vocal.latents, vocal.latents_given))
        if self.melody is not None:
            views.append(self.melody(vocal.melody, vocal.melody_given))
        features = self.levels[0](sum(views[1:], views[0]))
        contexts = [features]
        for down, level in zip(self.downs, self.levels[1:], strict=True):
            features = level(down(features))
            contexts.append(features)
        return contexts
