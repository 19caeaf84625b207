"""Local and global attention of the accompaniment's features over themselves and the vocal.

Both attentions compute queries from the features; keys and values are the sum of a part from the
features and a part from the vocal's context. The context's part is the same at every timestep, so
it is computed once (`project_context`) and passed to every call (`AttentionCache`).
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from samuel_gen.models.rotary import RotaryEmbedding

Heads = Float[Tensor, "batch heads frames width"]
Features = Float[Tensor, "batch channels frames"]
Context = Float[Tensor, "batch context_channels frames"]
AttentionCache = tuple[Float[Tensor, "batch _ _"], Float[Tensor, "batch _ _"]]
"""The context's part of the keys and of the values, (batch, channels, frames) each."""

_BLOCK = 32
"""Queries per block of `local_attention`."""
_HALO = 1
"""Frames to either side that the convolutions for local queries and keys see."""


def _block_mask(
    frames: int, blocks: int, reach: int, device: torch.device
) -> Bool[Tensor, "blocks queries keys"]:
    """The keys in the neighbourhood of a block that each of its queries may attend to."""
    query = torch.arange(blocks * _BLOCK, device=device).reshape(blocks, _BLOCK, 1)
    key = torch.arange(-reach, _BLOCK + reach, device=device) + (
        torch.arange(blocks, device=device).reshape(blocks, 1, 1) * _BLOCK
    )
    is_near = (query - key).abs() <= reach
    is_inside = (key >= 0) & (key < frames)
    # Queries past the end are cropped later. They may attend to padding, because a softmax over
    # no keys at all is NaN and its gradient would spread.
    return is_near & (is_inside | (query >= frames))


def local_attention(queries: Heads, keys: Heads, values: Heads, reach: int) -> Heads:
    """Attend from each frame to the frames at most `reach` away.

    The sequence is cut into blocks of queries. Each block meets its own keys and `reach` more on
    either side, so time and memory grow with frames * (block + 2 * reach), and no frame outside
    the window has any influence.

    Args:
        queries, keys, values: features of each head, on the same frames.
        reach: number of frames to either side; 0 is the frame itself.

    Source: Beltagy et al. 2020, "Longformer", section 3.1 (sliding window).
    """
    heads, frames = queries.shape[1:3]
    blocks = -(-frames // _BLOCK)
    padding = blocks * _BLOCK - frames
    neighbourhood = _BLOCK + 2 * reach

    def unfold(features: Heads) -> Float[Tensor, "batch rows keys width"]:
        padded = F.pad(features, (0, 0, reach, reach + padding))
        cut = padded.unfold(2, neighbourhood, _BLOCK)
        return rearrange(cut, "batch heads blocks width keys -> batch (heads blocks) keys width")

    blocked = rearrange(
        F.pad(queries, (0, 0, 0, padding)),
        "batch heads (blocks queries) width -> batch (heads blocks) queries width",
        queries=_BLOCK,
    )
    mask = _block_mask(frames, blocks, reach, queries.device).repeat(heads, 1, 1)
    attended = F.scaled_dot_product_attention(blocked, unfold(keys), unfold(values), mask[None])
    joined = rearrange(
        attended,
        "batch (heads blocks) queries width -> batch heads (blocks queries) width",
        heads=heads,
    )
    return joined[:, :, :frames]


def _split_heads(features: Features, heads: int) -> Heads:
    """Split channels into heads with each head's width contiguous in memory.

    Fused attention kernels need this layout; with another one, slow kernels are taken.
    """
    return rearrange(
        features.transpose(1, 2).contiguous(),
        "batch frames (heads width) -> batch heads frames width",
        heads=heads,
    )


class _Attention(nn.Module):
    """The projections that both attentions have in common.

    Keys and values are linear in the features and in the context, so the context's part can be
    computed apart from the features, once for all timesteps.
    """

    def __init__(
        self, channels: int, context_channels: int, heads: int, head_width: int, halo: int
    ) -> None:
        super().__init__()
        self.heads = heads
        inner, kernel = heads * head_width, 2 * halo + 1
        self.query_key = nn.Conv1d(channels, 2 * inner, kernel, padding=halo, bias=False)
        self.value = nn.Conv1d(channels, inner, 1, bias=False)
        self.heard_key = nn.Conv1d(context_channels, inner, kernel, padding=halo, bias=False)
        self.heard_value = nn.Conv1d(context_channels, inner, 1, bias=False)

    def project_context(self, context: Context) -> AttentionCache:
        """Compute the context's part of the keys and of the values."""
        return self.heard_key(context), self.heard_value(context)

    def project(self, features: Features, cache: AttentionCache) -> tuple[Heads, Heads, Heads]:
        """Compute the queries, keys and values of each head."""
        queries, keys = self.query_key(features).chunk(2, dim=1)
        values = self.value(features)
        parts = (queries, keys + cache[0], values + cache[1])
        return tuple(_split_heads(part, self.heads) for part in parts)  # type: ignore[return-value]


class LocalAttention(_Attention):
    """Windowed attention over the features and the vocal's context, frame by frame.

    There is no positional code: queries and keys come from convolutions over three frames, which
    see the neighbouring frames in order. The convolutions count towards the window: an output
    depends on no frame further than `window_size // 2` away.

    Args:
        channels: channels of the features.
        context_channels: channels of the vocal's context, on the same frames.
        heads: number of attention heads.
        head_width: features of each head.
        window_size: width of the window in frames, at least 2.
    """

    def __init__(
        self, channels: int, context_channels: int, heads: int, head_width: int, window_size: int
    ) -> None:
        super().__init__(channels, context_channels, heads, head_width, _HALO)
        self.reach = window_size // 2 - _HALO
        self._attend: Callable[[LocalAttention, Features, AttentionCache], Heads] = attend_locally

    def forward(self, features: Features, cache: AttentionCache) -> Heads:
        """Return the attended values of each head, before any output projection."""
        return self._attend(self, features, cache)

    def keep_eager(self) -> None:
        """Leave this module out of graphs that torch.compile makes.

        Compiled, PyTorch 2.11's attention for CPUs with AMX returns NaN.
        """
        # Imported here, since it imports torch's compiler, which generation does without.
        from samuel_gen.models.eager_attention import attend_eagerly

        self._attend = attend_eagerly


def attend_locally(attention: LocalAttention, features: Features, cache: AttentionCache) -> Heads:
    """Compute the forward pass of `LocalAttention`."""
    return local_attention(*attention.project(features, cache), attention.reach)


class GlobalAttention(_Attention):
    """Attention of every frame to all frames, with rotary positions on queries and keys.

    Args:
        channels: channels of the features.
        context_channels: channels of the vocal's context, on the same frames.
        heads: number of attention heads.
        head_width: features of each head, even.
    """

    def __init__(self, channels: int, context_channels: int, heads: int, head_width: int) -> None:
        super().__init__(channels, context_channels, heads, head_width, halo=0)
        self.rotary = RotaryEmbedding(head_width)

    def forward(self, features: Features, cache: AttentionCache) -> Heads:
        """Return the attended values of each head, before any output projection."""
        queries, keys, values = self.project(features, cache)
        queries, keys = self.rotary(queries, keys)
        attended: Tensor = F.scaled_dot_product_attention(queries, keys, values)
        return attended
