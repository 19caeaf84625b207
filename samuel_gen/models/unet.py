"""The denoising network of the paper: a U-Net over latents, given a vocal and its lead sheet.

Everything that depends on the vocal alone is computed once by `encode_context` and used by
`denoise` at every timestep; `forward` does both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.diffusion.denoiser import Latents, Timesteps, Vocal
from samuel_gen.models.attention import LocalAttention
from samuel_gen.models.blocks import DownBlock, ResidualStack, UpBlock
from samuel_gen.models.embeddings import StyleEmbedding, TimestepEmbedding
from samuel_gen.models.film import FilmMode, Modulation
from samuel_gen.models.norm import ChannelNorm
from samuel_gen.models.soft_alignment import (
    AlignmentCache,
    LocalShareSchedule,
    NoiseEnd,
    SoftAlignmentAttention,
)
from samuel_gen.models.vocal_encoder import VocalEncoder, parse_views


@dataclass(frozen=True, eq=False)
class ContextCache:
    """Everything in the network that depends on the vocal alone, in the order of its use.

    Attributes:
        input: keys and values of the attention at the input.
        downs: modulations of each down block, finest first.
        before: modulations of the residual blocks before the bottleneck's attention.
        bottleneck: keys and values of the attention at the bottleneck.
        after: modulations of the residual blocks after it.
        ups: modulations of each up block, coarsest first.
        style: the embedding of the style, which is added to the timestep's.
    """

    input: AlignmentCache
    downs: list[list[Modulation]]
    before: list[Modulation]
    bottleneck: AlignmentCache
    after: list[Modulation]
    ups: list[list[Modulation]]
    style: Float[Tensor, "batch width"] | None


class SoftAlignmentUNet(nn.Module):
    """The paper's U-Net over latents, with soft alignment at its input and at its bottleneck.

    With the default widths, latents of (64, 1024) become (128, 512), (256, 256) and (512, 128)
    on the way down, and the same on the way up. At the finest resolution there are twice as many
    features as latent channels: with 64 the network learns far more slowly, since half of what it
    has to predict, the noise, is as wide as they are. Any number of frames is accepted: one that
    is not a multiple of `2 ** (len(widths) - 1)` is padded with zeros, and the output is cropped.

    One connection is not in the paper's figure: the noisy input, scaled per channel by a function
    of the timestep, is added to the output. This is the answer of a linear denoiser. Near the
    clean end, where most of the velocity is noise, it spares the blocks from carrying their input
    through.

    Args:
        latent_channels: channels of the accompaniment's and of the vocal's latents.
        melody_features: features of the vocal's melody track.
        widths: channels at each resolution, finest first.
        depth: residual blocks at each resolution, on the way down and again on the way up.
        bottleneck_depth: residual blocks on either side of the bottleneck's attention.
        context_channels: channels of the vocal's context.
        context_depth: residual blocks of the vocal encoder at each resolution.
        timestep_channels: features of the timestep's embedding.
        input_heads: attention heads at the input.
        bottleneck_heads: attention heads at the bottleneck.
        head_width: features of each head, even.
        num_timesteps: length of the training schedule.
        window_size: width of the local attention's window, in frames of each site.
        local_share: schedule of the share of local attention: "linear", "sqrt", "constant" or
            "learned".
        constant_share: the share under the schedule "constant"; 1 is local only, 0 global only.
        local_at: the end of the noise range where attention is local, "noisy" or "clean".
        film: mode of the modulation by the vocal: "per_frame", "pooled" or "none".
        conditioning: the views that are used, joined by "_": "latents" is the paper's,
            "latents_melody_chords_beats_style" has all of them.

    Raises:
        SamuelError: a setting lies outside its range.

    Source: SAMUeL-GEN (arXiv 2507.19991), the figure of the architecture.
    """

    def __init__(
        self,
        *,
        latent_channels: int = 64,
        melody_features: int = 14,
        widths: Sequence[int] = (128, 128, 256, 512),
        depth: int = 1,
        bottleneck_depth: int = 2,
        context_channels: int = 128,
        context_depth: int = 2,
        timestep_channels: int = 192,
        input_heads: int = 2,
        bottleneck_heads: int = 8,
        head_width: int = 32,
        num_timesteps: int = 800,
        window_size: int = 16,
        local_share: LocalShareSchedule = "linear",
        constant_share: float = 0.5,
        local_at: NoiseEnd = "noisy",
        film: FilmMode = "per_frame",
        conditioning: str = "latents_melody_chords_beats_style",
    ) -> None:
        super().__init__()

        def alignment(channels: int, heads: int) -> SoftAlignmentAttention:
            return SoftAlignmentAttention(
                channels,
                context_channels,
                heads=heads,
                head_width=head_width,
                window_size=window_size,
                num_timesteps=num_timesteps,
                local_share=local_share,
                constant_share=constant_share,
                local_at=local_at,
            )

        def bottleneck() -> ResidualStack:
            width = widths[-1]
            return ResidualStack(
                width, width, bottleneck_depth, timestep_channels, context_channels, film
            )

        halvings = list(zip(widths[:-1], widths[1:], strict=True))
        self.frame_multiple: int = 2 ** len(halvings)
        self.timestep = TimestepEmbedding(timestep_channels, num_timesteps)
        self.views = views = parse_views(conditioning)
        self.style = StyleEmbedding(timestep_channels) if "style" in views else None
        self.vocal = VocalEncoder(
            latent_channels,
            melody_features,
            context_channels,
            len(widths),
            context_depth,
            views,
        )
        self.encode = nn.Conv1d(latent_channels, widths[0], 3, padding=1)
        self.align_input = alignment(widths[0], input_heads)
        self.downs = nn.ModuleList(
            DownBlock(fine, coarse, depth, timestep_channels, context_channels, film)
            for fine, coarse in halvings
        )
        self.before = bottleneck()
        self.align_bottleneck = alignment(widths[-1], bottleneck_heads)
        self.after = bottleneck()
        self.ups = nn.ModuleList(
            UpBlock(coarse, fine, depth, timestep_channels, context_channels, film)
            for fine, coarse in reversed(halvings)
        )
        self.norm = ChannelNorm(widths[0])
        self.decode = nn.Conv1d(widths[0], latent_channels, 3, padding=1)
        self.direct = nn.Linear(timestep_channels, latent_channels)
        for layer in (self.decode, self.direct):  # at initialisation the output is zero
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)

    def forward(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """Predict the velocity of `noisy`; each item has its own timestep."""
        return self.denoise(noisy, timestep, self.encode_context(vocal))

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile the network in place, except local attention, which stays eager."""
        for module in self.modules():
            if isinstance(module, LocalAttention):
                module.keep_eager()
        super().compile(*args, **kwargs)

    def encode_context(self, vocal: Vocal) -> ContextCache:
        """Compute everything that depends on the vocal alone, for any number of `denoise` calls."""
        contexts = self.vocal(vocal.pad_frames(self._padding(vocal.latents.shape[-1])))
        *finer, coarsest = contexts
        return ContextCache(
            input=self.align_input.project_context(contexts[0]),
            downs=_project_contexts(self.downs, finer),
            before=self.before.project_context(coarsest),
            bottleneck=self.align_bottleneck.project_context(coarsest),
            after=self.after.project_context(coarsest),
            ups=_project_contexts(self.ups, finer[::-1]),
            style=self.style(vocal.style, vocal.style_given) if self.style else None,
        )

    def denoise(self, noisy: Latents, timestep: Timesteps, cache: ContextCache) -> Latents:
        """Predict the velocity of `noisy`.

        Args:
            noisy: noisy latents of the accompaniment.
            timestep: timestep of each item.
            cache: result of `encode_context` for the vocals of the same items.
        """
        frames = noisy.shape[-1]
        noisy = F.pad(noisy, (0, self._padding(frames)))
        embedding = self.timestep(timestep)
        if cache.style is not None:
            embedding = embedding + cache.style.to(embedding.dtype)

        features = self.align_input(self.encode(noisy), timestep, cache.input)
        skips = []
        for down, modulations in zip(self.downs, cache.downs, strict=True):
            features, skip = down(features, embedding, modulations)
            skips.append(skip)

        features = self.before(features, embedding, cache.before)
        features = self.align_bottleneck(features, timestep, cache.bottleneck)
        features = self.after(features, embedding, cache.after)

        for up, modulations in zip(self.ups, cache.ups, strict=True):
            features = up(features, skips.pop(), embedding, modulations)

        velocity: Tensor = self.decode(F.silu(self.norm(features)))
        velocity = velocity + self.direct(embedding)[:, :, None] * noisy
        return velocity[:, :, :frames]

    def _padding(self, frames: int) -> int:
        return -frames % self.frame_multiple


def _project_contexts(blocks: nn.ModuleList, contexts: Sequence[Tensor]) -> list[list[Modulation]]:
    return [
        block.project_context(context)  # type: ignore[operator]
        for block, context in zip(blocks, contexts, strict=True)
    ]
