"""The plain way, to be compared with: a network of the released one's size, in the obvious form.

Nothing here is fused, kept or shared: windows are unfolded frame by frame, attentions build their
whole matrices, rotary tables are computed in every call, guidance takes two passes of its own, and
all of it is float32. 15.8 M parameters and 5.3 GFLOP for latents of (1, 64, 1024).

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
MOMENT = 192
Features = Float[Tensor, "batch channels frames"]


class PlainAttention(nn.Module):
    """Local and global attention, mixed by the timestep."""

    def __init__(self, channels: int, context: int, heads: int, num_timesteps: int) -> None:
        super().__init__()
        self.heads, self.num_timesteps = heads, num_timesteps
        self.norm = nn.GroupNorm(8, channels)
        self.local = nn.ModuleList(
            nn.Conv1d(width, channels, 3, padding=1) for width in (channels, context, context)
        )
        self.whole = nn.ModuleList(
            nn.Conv1d(width, channels, 1) for width in (channels, context, context)
        )
        self.out = nn.Conv1d(channels, channels, 1)

    def forward(self, features: Features, context: Tensor, timestep: Timesteps) -> Features:
        """The features with the mix added."""
        normed = self.norm(features)
        near = self._local(normed, context)
        distant = self._global(normed, context)
        share = (timestep.float() / (self.num_timesteps - 1))[:, None, None]
        update: Tensor = self.out(share * near + (1 - share) * distant)
        return features + update

    def _projected(self, maps: nn.ModuleList, features: Features, context: Tensor) -> list[Tensor]:
        parts = (maps[0](features), maps[1](context), maps[2](context))
        return [part.unflatten(1, (self.heads, -1)).transpose(2, 3) for part in parts]

    def _local(self, features: Features, context: Tensor) -> Features:
        queries, keys, values = self._projected(self.local, features, context)
        half = WINDOW // 2
        keys, values = (
            F.pad(part, (0, 0, half, half)).unfold(2, WINDOW + 1, 1).contiguous()
            for part in (keys, values)
        )
        scores = torch.einsum("bhtd,bhtdw->bhtw", queries, keys) / queries.shape[-1] ** 0.5
        attended = torch.einsum("bhtw,bhtdw->bhtd", scores.softmax(-1), values)
        return attended.transpose(2, 3).flatten(1, 2)

    def _global(self, features: Features, context: Tensor) -> Features:
        queries, keys, values = self._projected(self.whole, features, context)
        half = queries.shape[-1] // 2
        frames = torch.arange(queries.shape[2], device=queries.device, dtype=torch.float32)
        rates = 10_000 ** (-torch.arange(half, device=queries.device) / half)
        cosine, sine = (frames[:, None] * rates).cos(), (frames[:, None] * rates).sin()

        def turned(part: Tensor) -> Tensor:
            first, second = part.chunk(2, dim=-1)
            return torch.cat((first * cosine - second * sine, second * cosine + first * sine), -1)

        scores = turned(queries) @ turned(keys).mT / queries.shape[-1] ** 0.5
        attended: Tensor = scores.softmax(-1) @ values
        return attended.transpose(2, 3).flatten(1, 2)


class PlainBlock(nn.Module):
    """Two convolutions, modulated by the timestep and the pooled vocal."""

    def __init__(self, in_channels: int, out_channels: int, context: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(8, n) for n in (in_channels, out_channels))
        self.convs = nn.ModuleList(
            nn.Conv1d(n, out_channels, 3, padding=1) for n in (in_channels, out_channels)
        )
        self.film = nn.Linear(MOMENT + context, 2 * out_channels)
        alike = in_channels == out_channels
        self.around = nn.Identity() if alike else nn.Conv1d(in_channels, out_channels, 1)

    def forward(self, features: Features, moment: Tensor, context: Tensor) -> Tensor:
        """The changed features."""
        hidden = self.norms[1](self.convs[0](F.silu(self.norms[0](features))))
        heard = torch.cat((moment, context.mean(dim=2)), dim=1)
        scale, shift = self.film(heard)[:, :, None].chunk(2, dim=1)
        changed: Tensor = self.convs[1](F.silu(hidden * (1 + scale) + shift))
        around: Tensor = self.around(features)
        return around + changed


class PlainUNet(nn.Module):
    """The plain network; called as any denoiser is."""

    def __init__(self, num_timesteps: int = 800) -> None:
        super().__init__()
        self.num_timesteps = num_timesteps
        steps = list(zip(WIDTHS[:-1], WIDTHS[1:], strict=True))
        self.moment = nn.Sequential(nn.Linear(MOMENT, MOMENT), nn.SiLU(), nn.Linear(MOMENT, MOMENT))
        self.vocal = nn.Conv1d(64, WIDTHS[0], 3, padding=1)
        self.vocal_downs = nn.ModuleList(nn.Conv1d(a, b, 4, 2, 1) for a, b in steps)
        self.encode = nn.Conv1d(64, WIDTHS[0], 3, padding=1)
        self.align_input = PlainAttention(WIDTHS[0], WIDTHS[0], 4, num_timesteps)
        self.down_blocks = nn.ModuleList(
            nn.ModuleList(PlainBlock(a, a, a) for _ in range(3)) for a, _ in steps
        )
        self.downs = nn.ModuleList(nn.Conv1d(a, b, 4, 2, 1) for a, b in steps)
        self.middle = nn.ModuleList(PlainBlock(512, 512, 512) for _ in range(2))
        self.align_bottleneck = PlainAttention(512, 512, 8, num_timesteps)
        self.ups = nn.ModuleList(nn.ConvTranspose1d(b, a, 4, 2, 1) for a, b in reversed(steps))
        self.up_blocks = nn.ModuleList(
            nn.ModuleList(PlainBlock(n * a, a, a) for n in (2, 1, 1)) for a, _ in reversed(steps)
        )
        self.decode = nn.Conv1d(WIDTHS[0], 64, 3, padding=1)

    def forward(self, noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        """A velocity."""
        moment = self.moment(sinusoidal(timestep, self.num_timesteps, MOMENT))
        contexts = [self.vocal(vocal.latents * vocal.latents_given[:, None, None])]
        for down in self.vocal_downs:
            contexts.append(F.silu(down(contexts[-1])))
        features = self.align_input(self.encode(noisy), contexts[0], timestep)
        kept = []
        for blocks, down, context in zip(self.down_blocks, self.downs, contexts[:-1], strict=True):
            for block in blocks:  # type: ignore[attr-defined]
                features = block(features, moment, context)
            kept.append(features)
            features = down(features)
        features = self.middle[0](features, moment, contexts[-1])
        features = self.align_bottleneck(features, contexts[-1], timestep)
        features = self.middle[1](features, moment, contexts[-1])
        for blocks, up, context in zip(self.up_blocks, self.ups, contexts[-2::-1], strict=True):
            features = torch.cat((up(features), kept.pop()), dim=1)
            for block in blocks:  # type: ignore[attr-defined]
                features = block(features, moment, context)
        velocity: Tensor = self.decode(features)
        return velocity


def guided_apart(denoiser: Denoiser, scale: float) -> Denoiser:
    """Classifier-free guidance in two passes, one after the other."""

    def evaluate(noisy: Latents, timestep: Timesteps, vocal: Vocal) -> Latents:
        conditional = denoiser(noisy, timestep, vocal)
        unconditional = denoiser(noisy, timestep, vocal.withheld())
        return unconditional + scale * (conditional - unconditional)

    return evaluate
