"""The baseline of the benchmark: a network of the released one's size in its simplest form.

Nothing is fused, cached or shared: windows are unfolded frame by frame, attention builds whole
matrices, rotary tables are computed in every call, guidance takes two separate calls, and
everything is float32. The network has 15.8 M parameters and takes 5.3 GFLOP for latents of
(1, 64, 1024).

Source: SAMUeL-GEN (arXiv 2507.19991): 15,571,904 parameters, widths 64, 128, 256 and 512, soft
alignment at the input and at the bottleneck, FiLM from the pooled vocal.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.diffusion.denoiser import Denoiser, Latents, Timesteps, Vocal
from samuel_gen.models.embeddings import sinusoidal

WIDTHS = (64, 128, 256, 512)
WINDOW = 16
"""Width of local attention, in frames beside the query's own."""
EMBEDDING_WIDTH = 192
"""Width of the timestep's embedding."""
Features = Float[Tensor, "batch channels frames"]


class BaselineAttention(nn.Module):
    """Local and global attention from features to context, mixed according to the timestep."""

    def __init__(self, channels: int, context: int, heads: int, num_timesteps: int) -> None:
        super().__init__()
        self.heads, self.num_timesteps = heads, num_timesteps
        self.norm = nn.GroupNorm(8, channels)
        self.local_maps = nn.ModuleList(
            nn.Conv1d(width, channels, 3, padding=1) for width in (channels, context, context)
        )
        self.global_maps = nn.ModuleList(
            nn.Conv1d(width, channels, 1) for width in (channels, context, context)
        )
        self.out = nn.Conv1d(channels, channels, 1)

    def forward(self, features: Features, context: Tensor, timestep: Timesteps) -> Features:
        """Add the mix of both attentions to the features."""
        normed = self.norm(features)
        local_part = self._attend_locally(normed, context)
        global_part = self._attend_globally(normed, context)
        share = (timestep.float() / (self.num_timesteps - 1))[:, None, None]
        update: Tensor = self.out(share * local_part + (1 - share) * global_part)
        return features + update

    def _project(self, maps: nn.ModuleList, features: Features, context: Tensor) -> list[Tensor]:
        """Return queries, keys and values, (batch, heads, frames, width)."""
        parts = (maps[0](features), maps[1](context), maps[2](context))
        return [part.unflatten(1, (self.heads, -1)).transpose(2, 3) for part in parts]

    def _attend_locally(self, features: Features, context: Tensor) -> Features:
        queries, keys, values = self._project(self.local_maps, features, context)
        half = WINDOW // 2
        keys, values = (
            F.pad(part, (0, 0, half, half)).unfold(2, WINDOW + 1, 1).contiguous()
            for part in (keys, values)
        )
        scores = torch.einsum("bhtd,bhtdw->bhtw", queries, keys) / queries.shape[-1] ** 0.5
        attended = torch.einsum("bhtw,bhtdw->bhtd", scores.softmax(-1), values)
        return attended.transpose(2, 3).flatten(1, 2)

    def _attend_globally(self, features: Features, context: Tensor) -> Features:
        queries, keys, values = self._project(self.global_maps, features, context)
        half = queries.shape[-1] // 2
        frames = torch.arange(queries.shape[2], device=queries.device, dtype=torch.float32)
        rates = 10_000 ** (-torch.arange(half, device=queries.device) / half)
        cosine, sine = (frames[:, None] * rates).cos(), (frames[:, None] * rates).sin()

        def rotate(part: Tensor) -> Tensor:
            first, second = part.chunk(2, dim=-1)
            return torch.cat((first * cosine - second * sine, second * cosine + first * sine), -1)

        scores = rotate(queries) @ rotate(keys).mT / queries.shape[-1] ** 0.5
        attended: Tensor = scores.softmax(-1) @ values
        return attended.transpose(2, 3).flatten(1, 2)


class BaselineBlock(nn.Module):
    """A residual block of two convolutions with FiLM from the timestep and the pooled vocal."""

    def __init__(self, in_channels: int, out_channels: int, context: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(8, n) for n in (in_channels, out_channels))
        self.convs = nn.ModuleList(
            nn.Conv1d(n, out_channels, 3, padding=1) for n in (in_channels, out_channels)
        )
        self.film = nn.Linear(EMBEDDING_WIDTH + context, 2 * out_channels)
        same_width = in_channels == out_channels
        self.skip = nn.Identity() if same_width else nn.Conv1d(in_channels, out_channels, 1)

    def forward(self, features: Features, embedding: Tensor, context: Tensor) -> Tensor:
        """Return the block's output.

        Args:
            features: the input, (batch, in_channels, frames).
            embedding: the timestep's embedding, (batch, EMBEDDING_WIDTH).
            context: the encoded vocal at this resolution, (batch, context, frames).
        """
        hidden = self.norms[1](self.convs[0](F.silu(self.norms[0](features))))
        condition = torch.cat((embedding, context.mean(dim=2)), dim=1)
        scale, shift = self.film(condition)[:, :, None].chunk(2, dim=1)
        changed: Tensor = self.convs[1](F.silu(hidden * (1 + scale) + shift))
        skipped: Tensor = self.skip(features)
        return skipped + changed


class BaselineUNet(nn.Module):
    """The baseline U-Net, called like any denoiser."""

    def __init__(self, num_timesteps: int = 800) -> None:
        super().__init__()
        self.num_timesteps = num_timesteps
        width, steps = EMBEDDING_WIDTH, list(zip(WIDTHS[:-1], WIDTHS[1:], strict=True))
        self.embed = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.vocal = nn.Conv1d(64, WIDTHS[0], 3, padding=1)
        self.vocal_downs = nn.ModuleList(nn.Conv1d(a, b, 4, 2, 1) for a, b in steps)
        self.encode = nn.Conv1d(64, WIDTHS[0], 3, padding=1)
        self.align_input = BaselineAttention(WIDTHS[0], WIDTHS[0], 4, num_timesteps)
        self.down_blocks = nn.ModuleList(
            nn.ModuleList(BaselineBlock(a, a, a) for _ in range(3)) for a, _ in steps
        )
        self.downs = nn.ModuleList(nn.Conv1d(a, b, 4, 2, 1) for a, b in steps)
        self.middle = nn.ModuleList(BaselineBlock(512, 512, 512) for _ in range(2))
        self.align_bottleneck = BaselineAttention(512, 512, 8, num_timesteps)
        self.ups = nn.ModuleList(nn.ConvTranspose1d(b, a, 4, 2, 1) for a, b in reversed(steps))
        self.up_blocks = nn.ModuleList(
            nn.ModuleList(BaselineBlock(n * a, a, a) for n in (2, 1, 1)) for a, _ in reversed(steps)
        )
        self.decode = nn.Conv1d(WIDTHS[0], 64, 3, padding=1)

    def forward(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """Return the velocity."""
        embedding = self.embed(sinusoidal(timestep, self.num_timesteps, EMBEDDING_WIDTH))
        contexts = [self.vocal(vocal.latents * vocal.latents_given[:, None, None])]
        for down in self.vocal_downs:
            contexts.append(F.silu(down(contexts[-1])))
        features = self.align_input(self.encode(noisy), contexts[0], timestep)
        skips = []
        for blocks, down, context in zip(self.down_blocks, self.downs, contexts[:-1], strict=True):
            for block in blocks:  # type: ignore[attr-defined]
                features = block(features, embedding, context)
            skips.append(features)
            features = down(features)
        features = self.middle[0](features, embedding, contexts[-1])
        features = self.align_bottleneck(features, contexts[-1], timestep)
        features = self.middle[1](features, embedding, contexts[-1])
        for blocks, up, context in zip(self.up_blocks, self.ups, contexts[-2::-1], strict=True):
            features = torch.cat((up(features), skips.pop()), dim=1)
            for block in blocks:  # type: ignore[attr-defined]
                features = block(features, embedding, context)
        velocity: Tensor = self.decode(features)
        return velocity


def guide_in_two_passes(denoiser: Denoiser, scale: float) -> Denoiser:
    """Apply classifier-free guidance with two separate calls of the denoiser.

    Args:
        denoiser: the denoiser to guide.
        scale: the guidance scale; 1 is the conditional velocity.
    """

    def evaluate(noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        conditional = denoiser(noisy, timestep, vocal)
        unconditional = denoiser(noisy, timestep, vocal.withhold_views())
        return unconditional + scale * (conditional - unconditional)

    return evaluate
