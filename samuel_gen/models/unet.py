from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from samuel_gen.diffusion.denoiser import Latents, Timesteps, Vocal
from samuel_gen.models.attention import keep_from_compiling
from samuel_gen.models.blocks import DownBlock, ResidualBlock, UpBlock, listened
from samuel_gen.models.embeddings import TimestepEmbedding
from samuel_gen.models.film import FilmMode, Modulation
from samuel_gen.models.norm import ChannelNorm
from samuel_gen.models.soft_alignment import (
    HeardBoth,
    LocalShareSchedule,
    NoiseEnd,
    SoftAlignmentAttention,
)
from samuel_gen.models.vocal_encoder import Conditioning, VocalEncoder


@dataclass(frozen=True, eq=False)
class Heard:
    """What the voice says to each part of the network, in the order of the figure."""

    input: HeardBoth
    downs: list[list[Modulation]]
    before: list[Modulation]
    bottleneck: HeardBoth
    after: list[Modulation]
    ups: list[list[Modulation]]


class SoftAlignmentUNet(nn.Module):
    """The paper's U-Net over latents, with soft alignment at its input and at its bottleneck.

    With the default widths, latents of (64, 1024) become (128, 512), (256, 256) and (512, 128)
    on the way down, and the same on the way up. At the finest resolution the features are twice
    as many as the latents: with 64 a network learns far more slowly, since half of what is asked
    of it, the noise, is as wide as they are. Any number of frames is taken: what is not a
    multiple of `2 ** (len(widths) - 1)` is padded with zeros and cropped again.

    One line is not in the figure: to the output is added the noisy input, scaled per channel as
    the timestep asks. It is what a linear denoiser would answer, and near the clean end, where
    most of the velocity is noise, it spares the blocks from carrying their input through.

    Args:
        latent_channels: channels of the accompaniment's and of the vocal's latents.
        melody_features: features of the vocal's melody track.
        widths: features at each resolution, finest first.
        depth: residual blocks at each resolution, on the way down and again on the way up.
        bottleneck_depth: residual blocks on either side of the bottleneck's attention.
        context_channels: features of the vocal's context.
        context_depth: residual blocks of the vocal's encoder at each resolution.
        timestep_channels: features of the timestep's embedding.
        input_heads, bottleneck_heads: attention heads at the two sites.
        head_width: features of each head, even.
        num_timesteps: timesteps of the training schedule.
        window_size: width of the local attention's window, in frames of each site.
        local_share, constant_share, local_at: the mixing, see `LocalShare`.
        film: how the voice modulates the blocks, see `FiLM`.
        conditioning: what is heard of the voice, see `VocalEncoder`.

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
        conditioning: Conditioning = "latents_melody",
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

        def bottleneck() -> nn.ModuleList:
            channels = widths[-1]
            return nn.ModuleList(
                ResidualBlock(channels, channels, timestep_channels, context_channels, film)
                for _ in range(bottleneck_depth)
            )

        steps = list(zip(widths[:-1], widths[1:], strict=True))
        self.frame_multiple: int = 2 ** len(steps)
        self.timestep = TimestepEmbedding(timestep_channels, num_timesteps)
        self.vocal = VocalEncoder(
            latent_channels,
            melody_features,
            context_channels,
            len(widths),
            context_depth,
            conditioning,
        )
        self.encode = nn.Conv1d(latent_channels, widths[0], 3, padding=1)
        self.align_input = alignment(widths[0], input_heads)
        self.downs = nn.ModuleList(
            DownBlock(fine, coarse, depth, timestep_channels, context_channels, film)
            for fine, coarse in steps
        )
        self.before = bottleneck()
        self.align_bottleneck = alignment(widths[-1], bottleneck_heads)
        self.after = bottleneck()
        self.ups = nn.ModuleList(
            UpBlock(coarse, fine, depth, timestep_channels, context_channels, film)
            for fine, coarse in reversed(steps)
        )
        self.norm = ChannelNorm(widths[0])
        self.decode = nn.Conv1d(widths[0], latent_channels, 3, padding=1)
        nn.init.zeros_(self.decode.weight)
        assert self.decode.bias is not None
        nn.init.zeros_(self.decode.bias)
        self.direct = nn.Linear(timestep_channels, latent_channels)
        nn.init.zeros_(self.direct.weight)
        nn.init.zeros_(self.direct.bias)

    def forward(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """The velocity at `noisy`; each item has its own timestep."""
        return self.denoise(noisy, timestep, self.listen(vocal))

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As of any module, but for local attention, which stays as it is."""
        keep_from_compiling()
        super().compile(*args, **kwargs)

    def listen(self, vocal: Vocal) -> Heard:
        """All that depends on the voice alone, for any number of calls of `denoise`."""
        contexts = self.vocal(_padded_vocal(vocal, self._missing(vocal.latents.shape[-1])))
        *finer, coarsest = contexts
        return Heard(
            input=self.align_input.listen(contexts[0]),
            downs=listened(self.downs, finer),
            before=listened(self.before, repeat(coarsest)),
            bottleneck=self.align_bottleneck.listen(coarsest),
            after=listened(self.after, repeat(coarsest)),
            ups=listened(self.ups, reversed(finer)),
        )

    def denoise(self, noisy: Latents, timestep: Timesteps, heard: Heard) -> Latents:
        """The velocity at `noisy`, for a voice that was listened to before."""
        frames = noisy.shape[-1]
        noisy = F.pad(noisy, (0, self._missing(frames)))
        moment = self.timestep(timestep)

        features = self.align_input(self.encode(noisy), timestep, heard.input)
        kept = []
        for down, voice in zip(self.downs, heard.downs, strict=True):
            features, fine = down(features, moment, voice)
            kept.append(fine)

        for block, said in zip(self.before, heard.before, strict=True):
            features = block(features, moment, said)
        features = self.align_bottleneck(features, timestep, heard.bottleneck)
        for block, said in zip(self.after, heard.after, strict=True):
            features = block(features, moment, said)

        for up, voice in zip(self.ups, heard.ups, strict=True):
            features = up(features, kept.pop(), moment, voice)

        velocity: Tensor = self.decode(F.silu(self.norm(features)))
        velocity = velocity + self.direct(moment)[:, :, None] * noisy
        return velocity[:, :, :frames]

    def _missing(self, frames: int) -> int:
        return -frames % self.frame_multiple


def _padded_vocal(vocal: Vocal, missing: int) -> Vocal:
    latents, melody = (F.pad(view, (0, missing)) for view in (vocal.latents, vocal.melody))
    return replace(vocal, latents=latents, melody=melody) if missing else vocal
