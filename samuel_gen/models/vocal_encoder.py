"""The vocal encoder: from a vocal and its lead sheet to their context at each resolution."""

from collections.abc import Collection

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from samuel_gen.diffusion.denoiser import VIEWS, Vocal
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.frames import BEAT_FEATURES, CHORD_FEATURES
from samuel_gen.models.norm import ChannelNorm

Features = Float[Tensor, "batch channels frames"]

_SMALL = 0.02  # standard deviation of a lead sheet's weights at initialisation


def parse_views(conditioning: str) -> tuple[str, ...]:
    """Parse names of views that are joined by "_", such as "latents_melody".

    Raises:
        SamuelError: a name is none of VIEWS, or there is neither latents nor melody.
    """
    views = tuple(conditioning.split("_"))
    if not set(views) <= set(VIEWS) or not {"latents", "melody"} & set(views):
        raise SamuelError(
            f"conditioning={conditioning}: join some of {', '.join(VIEWS)} with _, among them "
            "latents or melody"
        )
    return views


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
        views: the views that are used, names among VIEWS; the style is not for this encoder.
    """

    def __init__(
        self,
        latent_channels: int,
        melody_features: int,
        channels: int,
        levels: int,
        depth: int,
        views: Collection[str],
    ) -> None:
        super().__init__()

        def project(view: str, in_channels: int) -> _ViewProjection | None:
            return _ViewProjection(in_channels, channels) if view in views else None

        self.latents = project("latents", latent_channels)
        self.melody = project("melody", melody_features)
        self.chords = project("chords", CHORD_FEATURES)
        self.beats = project("beats", BEAT_FEATURES)
        for sheet in (self.chords, self.beats):  # a network that had no sheet begins as it was
            if sheet is not None:
                nn.init.normal_(sheet.conv.weight, std=_SMALL)
                sheet.conv.bias.data.zero_()  # type: ignore[union-attr]
        self.levels = nn.ModuleList(
            nn.Sequential(*(_ContextBlock(channels) for _ in range(depth))) for _ in range(levels)
        )
        self.downs = nn.ModuleList(
            nn.Conv1d(channels, channels, 4, stride=2, padding=1) for _ in range(levels - 1)
        )

    def forward(self, vocal: Vocal) -> list[Features]:
        """Return the contexts from the finest resolution to the coarsest."""
        views = [
            project(getattr(vocal, view), getattr(vocal, f"{view}_given"))
            for view in ("latents", "melody", "chords", "beats")
            if (project := getattr(self, view)) is not None
        ]
        features = self.levels[0](sum(views[1:], views[0]))
        contexts = [features]
        for down, level in zip(self.downs, self.levels[1:], strict=True):
            features = level(down(features))
            contexts.append(features)
        return contexts
