"""Soft alignment: a mix of local and global attention that follows the diffusion timestep."""

from typing import Literal

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.diffusion.denoiser import Timesteps
from samuel_gen.errors import SamuelError
from samuel_gen.models.attention import (
    AttentionCache,
    Context,
    Features,
    GlobalAttention,
    Heads,
    LocalAttention,
)
from samuel_gen.models.norm import ChannelNorm

LocalShareSchedule = Literal["linear", "sqrt", "constant", "learned"]
NoiseEnd = Literal["noisy", "clean"]
AlignmentCache = tuple[AttentionCache | None, AttentionCache | None]
"""The caches of the local and the global attention; None for one that is left out."""


class LocalShare(nn.Module):
    """The share `alpha_t` of local attention in the mix, a function of the diffusion timestep.

    With `s` the timestep divided by the noisiest one: `linear` is s; `sqrt` is its square root (as
    in the released code); `constant` is `constant_share`; `learned` is `sigmoid(slope * s + bias)`
    with a slope and a bias per head, close to `linear` at initialisation.

    Args:
        schedule: one of the four above.
        constant_share: the share under `constant`; 1 is local only, 0 global only.
        local_at: the end of the noise range where attention is local; "noisy" is the paper's.
        heads: number of attention heads.
        num_timesteps: length of the training schedule.

    Raises:
        SamuelError: a setting lies outside its range.

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
        _check_choice("local_share", schedule, ("linear", "sqrt", "constant", "learned"))
        _check_choice("local_at", local_at, ("noisy", "clean"))
        if not 0.0 <= constant_share <= 1.0:
            raise SamuelError(f"constant_share={constant_share}: choose a share from 0 to 1")
        if num_timesteps < 2:
            raise SamuelError(
                f"num_timesteps={num_timesteps}: use the schedule's number, which must be 2 or more"
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
        """Return the share of each item; per head if it is learned."""
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


class SoftAlignmentAttention(nn.Module):
    """Soft alignment attention, the paper's contribution, with a residual connection.

    The attended values are `alpha_t * local + (1 - alpha_t) * global`. Queries come from the
    accompaniment; keys and values come from the accompaniment and from the vocal's context on the
    same frames, so a frame attends to both at once. Under a constant share of 0 or 1 the attention
    that has no weight is neither built nor run.

    Args:
        channels: channels of the accompaniment's features.
        context_channels: channels of the vocal's context.
        heads: number of attention heads.
        head_width: features of each head, even.
        window_size: width of the local window in frames, at least 2.
        num_timesteps: length of the training schedule.
        local_share: schedule of the share of local attention, one of `LocalShareSchedule`.
        constant_share: the share under the schedule "constant".
        local_at: the end of the noise range where attention is local.

    Raises:
        SamuelError: a setting lies outside its range.

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
            raise SamuelError(f"window_size={window_size}: choose 2 frames or more")
        if heads < 1:
            raise SamuelError(f"heads={heads}: choose 1 or more")
        if head_width < 2 or head_width % 2:
            raise SamuelError(f"head_width={head_width}: choose a positive even number, usually 32")
        self.share = LocalShare(local_share, constant_share, local_at, heads, num_timesteps)
        self.norm = ChannelNorm(channels)
        fixed_share = constant_share if local_share == "constant" else None
        self.local_attention = (
            LocalAttention(channels, context_channels, heads, head_width, window_size)
            if fixed_share != 0.0
            else None
        )
        self.global_attention = (
            GlobalAttention(channels, context_channels, heads, head_width)
            if fixed_share != 1.0
            else None
        )
        self.out = nn.Conv1d(heads * head_width, channels, 1)

    def project_context(self, context: Context) -> AlignmentCache:
        """Compute the context's part of the keys and values of both attentions."""
        near, far = self.local_attention, self.global_attention
        return (
            None if near is None else near.project_context(context),
            None if far is None else far.project_context(context),
        )

    def attend(
        self, features: Features, cache: AlignmentCache, timestep: Timesteps
    ) -> Float[Tensor, "batch inner frames"]:
        """Return the weighted mean of both attentions, before the output projection."""
        near, far = self.local_attention, self.global_attention
        if near is None or far is None:
            only, only_cache = (far, cache[1]) if near is None else (near, cache[0])
            assert only is not None
            return _join_heads(only(features, only_cache))
        attended_near = near(features, cache[0])
        share = self.share(timestep).to(attended_near.dtype)
        return _join_heads(torch.lerp(far(features, cache[1]), attended_near, share))

    def forward(self, features: Features, timestep: Timesteps, cache: AlignmentCache) -> Features:
        """Add the attended values to the features.

        Args:
            features: features of the accompaniment.
            timestep: timestep of each item, which sets the share of local attention.
            cache: result of `project_context`.
        """
        update: Tensor = self.out(self.attend(self.norm(features), cache, timestep))
        return features + update


def _join_heads(attended: Heads) -> Float[Tensor, "batch inner frames"]:
    return rearrange(attended, "batch heads frames width -> batch (heads width) frames")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SamuelError(f"{name}={value}: choose one of {', '.join(choices)}")
