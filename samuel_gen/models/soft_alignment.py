from typing import Literal

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.diffusion.denoiser import Timesteps
from samuel_gen.errors import SamuelError
from samuel_gen.models.attention import (
    Context,
    Features,
    GlobalAttention,
    Heads,
    HeardKeys,
    LocalAttention,
)
from samuel_gen.models.norm import ChannelNorm

LocalShareSchedule = Literal["linear", "sqrt", "constant", "learned"]
NoiseEnd = Literal["noisy", "clean"]
HeardBoth = tuple[HeardKeys | None, HeardKeys | None]
"""Of the local and of the global attention; None where that one is left out."""


class LocalShare(nn.Module):
    """The share `alpha_t` of local attention in the mix, from the diffusion timestep.

    With `s` the timestep as a fraction of the noisiest one: `linear` is s, `sqrt` its root (as
    the released code has it), `constant` is `constant_share`, `learned` is
    `sigmoid(slope * s + bias)` with a slope and a bias per head, born close to `linear`.

    Args:
        schedule: one of the four above.
        constant_share: the share under `constant`; 1 is local only, 0 global only.
        local_at: the end of the noise range at which attention is local; "noisy" is the paper's.
        heads: attention heads.
        num_timesteps: timesteps of the training schedule.

    Source: SAMUeL-GEN (arXiv 2507.19991), section on soft alignment attention.
    """

    def __init__(
        self,
        schedule: LocalShareSchedule,
        constant_share: float,
        local_at: NoiseEnd,
        heads: int,
        num_timesteps: int,
    ) -> None:
        super().__init__()
        _one_of("local_share", schedule, ("linear", "sqrt", "constant", "learned"))
        _one_of("local_at", local_at, ("noisy", "clean"))
        if not 0.0 <= constant_share <= 1.0:
            raise SamuelError(f"constant_share={constant_share}; expected 0 to 1; correct it")
        if num_timesteps < 2:
            raise SamuelError(
                f"num_timesteps={num_timesteps}; expected at least 2; take the schedule's number"
            )
        self.schedule = schedule
        self.constant_share = constant_share
        self.local_at = local_at
        self.heads = heads
        self.num_timesteps = num_timesteps
        if schedule == "learned":
            self.slope = nn.Parameter(torch.full((heads,), 5.0))
            self.bias = nn.Parameter(torch.full((heads,), -2.5))

    def forward(self, timestep: Timesteps) -> Float[Tensor, " batch #heads 1 1"]:
        """The share of each item, one column per head where it is learned."""
        noise_level = (timestep.float() / (self.num_timesteps - 1))[:, None]
        if self.local_at == "clean":
            noise_level = 1.0 - noise_level
        match self.schedule:
            case "linear":
                share = noise_level
            case "sqrt":
                share = noise_level.sqrt()
            case "constant":
                share = torch.full_like(noise_level, self.constant_share)
            case "learned":
                share = torch.sigmoid(self.slope * noise_level + self.bias)
        return share[:, :, None, None]


def _joined(attended: Heads) -> Float[Tensor, "batch inner frames"]:
    return rearrange(attended, "batch heads frames width -> batch (heads width) frames")


def _one_of(name: str, found: str, expected: tuple[str, ...]) -> None:
    if found not in expected:
        raise SamuelError(f"{name}={found}; expected one of {', '.join(expected)}; correct it")


class SoftAlignmentAttention(nn.Module):
    """The paper's contribution: `alpha_t * local + (1 - alpha_t) * global`, added to its input.

    Queries come from the accompaniment; keys and values from the accompaniment and the vocal's
    context of the same frames side by side, so that a frame can listen to the voice and to the
    rest of the band at once. The half that a constant share leaves out is neither built nor run.

    Args:
        channels: features of the accompaniment.
        context_channels: features of the vocal's context.
        heads: attention heads.
        head_width: features of each head, even.
        window_size: width of the local window in frames, at least 2.
        num_timesteps: timesteps of the training schedule.
        local_share, constant_share, local_at: see `LocalShare`.

    Source: SAMUeL-GEN (arXiv 2507.19991), section on soft alignment attention.
    """

    def __init__(
        self,
        channels: int,
        context_channels: int,
        *,
        heads: int,
        head_width: int,
        window_size: int,
        num_timesteps: int,
        local_share: LocalShareSchedule = "linear",
        constant_share: float = 0.5,
        local_at: NoiseEnd = "noisy",
    ) -> None:
        super().__init__()
        if window_size < 2:
            raise SamuelError(f"window_size={window_size}; expected at least 2 frames; widen it")
        if heads < 1:
            raise SamuelError(f"heads={heads}; expected at least 1; raise it")
        if head_width < 2 or head_width % 2:
            raise SamuelError(f"head_width={head_width}; expected an even number; 32 is usual")
        self.share = LocalShare(local_share, constant_share, local_at, heads, num_timesteps)
        self.norm = ChannelNorm(channels)
        always = constant_share if local_share == "constant" else None
        self.local_attention = (
            LocalAttention(channels, context_channels, heads, head_width, window_size)
            if always != 0.0
            else None
        )
        self.global_attention = (
            GlobalAttention(channels, context_channels, heads, head_width)
            if always != 1.0
            else None
        )
        self.out = nn.Conv1d(heads * head_width, channels, 1)

    def listen(self, context: Context) -> HeardBoth:
        """What the voice adds to the keys and values of either attention, at every timestep."""
        near, distant = self.local_attention, self.global_attention
        return (
            None if near is None else near.listen(context),
            None if distant is None else distant.listen(context),
        )

    def mixed(
        self, features: Features, heard: HeardBoth, timestep: Timesteps
    ) -> Float[Tensor, "batch inner frames"]:
        """The mix of both attentions before the output projection."""
        near, distant = self.local_attention, self.global_attention
        if near is None or distant is None:
            alone, said = (distant, heard[1]) if near is None else (near, heard[0])
            assert alone is not None
            return _joined(alone(features, said))
        attended_near = near(features, heard[0])
        share = self.share(timestep).to(attended_near.dtype)
        return _joined(torch.lerp(distant(features, heard[1]), attended_near, share))

    def forward(self, features: Features, timestep: Timesteps, heard: HeardBoth) -> Features:
        """The features with what they attended to added; `heard` is of `listen`."""
        update: Tensor = self.out(self.mixed(self.norm(features), heard, timestep))
        return features + update
