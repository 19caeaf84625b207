from typing import Any

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from samuel_gen.models.rotary import RotaryEmbedding

Heads = Float[Tensor, "batch heads frames width"]
Features = Float[Tensor, "batch channels frames"]
Context = Float[Tensor, "batch context_channels frames"]
HeardKeys = tuple[Float[Tensor, "batch _ _"], Float[Tensor, "batch _ _"]]
"""Keys and values that the voice adds, (batch, channels, frames) each."""

_BLOCK = 32
_HALO = 1


def _block_mask(
    frames: int, blocks: int, reach: int, device: torch.device
) -> Bool[Tensor, "blocks queries keys"]:
    """Which keys of a block's neighbourhood each of its queries may see."""
    query = torch.arange(blocks * _BLOCK, device=device).reshape(blocks, _BLOCK, 1)
    key = torch.arange(-reach, _BLOCK + reach, device=device) + (
        torch.arange(blocks, device=device).reshape(blocks, 1, 1) * _BLOCK
    )
    near = (query - key).abs() <= reach
    inside = (key >= 0) & (key < frames)
    # Queries past the end are cropped later; they see something, since a softmax over nothing is
    # NaN and its gradient would spread.
    return near & (inside | (query >= frames))


def local_attention(queries: Heads, keys: Heads, values: Heads, reach: int) -> Heads:
    """Attention of each frame over the frames at most `reach` away.

    The sequence is cut into blocks of queries; each block meets its own keys and `reach` on
    either side, so that cost and memory grow with frames * (block + 2 * reach) and no frame
    outside the window has any influence.

    Args:
        queries, keys, values: of the same frames.
        reach: frames to either side; 0 is the frame itself.

    Source: Beltagy et al. 2020, "Longformer", section 3.1 (sliding window).
    """
    heads, frames = queries.shape[1:3]
    blocks = -(-frames // _BLOCK)
    missing = blocks * _BLOCK - frames
    neighbourhood = _BLOCK + 2 * reach

    def unfold(features: Heads) -> Float[Tensor, "batch rows keys width"]:
        padded = F.pad(features, (0, 0, reach, reach + missing))
        cut = padded.unfold(2, neighbourhood, _BLOCK)
        return rearrange(cut, "batch heads blocks width keys -> batch (heads blocks) keys width")

    blocked = rearrange(
        F.pad(queries, (0, 0, 0, missing)),
        "batch heads (blocks queries) width -> batch (heads blocks) queries width",
        queries=_BLOCK,
    )
    mask = _block_mask(frames, blocks, reach, queries.device).repeat(heads, 1, 1)
    attended = F.scaled_dot_product_attention(blocked, unfold(keys), unfold(values), mask[None])
    whole = rearrange(
        attended,
        "batch (heads blocks) queries width -> batch heads (blocks queries) width",
        heads=heads,
    )
    return whole[:, :, :frames]


def _split(features: Features, heads: int) -> Heads:
    """Heads whose widths lie side by side in memory: fused kernels want it, and others are slow."""
    return rearrange(
        features.transpose(1, 2).contiguous(),
        "batch frames (heads width) -> batch heads frames width",
        heads=heads,
    )


class _Attention(nn.Module):
    """Projections that both attentions share; what the voice says is projected apart.

    Keys and values are linear in the features and in the voice's context, so that the context's
    part can be computed once for all timesteps.
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

    def listen(self, context: Context) -> HeardKeys:
        """What the voice adds to the keys and to the values."""
        return self.heard_key(context), self.heard_value(context)

    def projected(self, features: Features, heard: HeardKeys) -> tuple[Heads, Heads, Heads]:
        """Queries, keys and values of each head."""
        queries, keys = self.query_key(features).chunk(2, dim=1)
        values = self.value(features)
        parts = (queries, keys + heard[0], values + heard[1])
        return tuple(_split(part, self.heads) for part in parts)  # type: ignore[return-value]


class LocalAttention(_Attention):
    """Windowed attention of `channels` features over themselves and the voice, frame by frame.

    There is no positional code. Queries and keys come from convolutions over three frames, which
    see where they stand; they count towards the window: an output depends on no frame further
    than `window_size // 2` away.

    Args:
        channels: features that attend and are attended to.
        context_channels: features of the voice's context, attended to in the same frames.
        heads: attention heads.
        head_width: features of each head.
        window_size: width of the window in frames, at least 2.
    """

    def __init__(
        self, channels: int, context_channels: int, heads: int, head_width: int, window_size: int
    ) -> None:
        super().__init__(channels, context_channels, heads, head_width, _HALO)
        self.reach = window_size // 2 - _HALO

    def forward(self, features: Features, heard: HeardKeys) -> Heads:
        """The attended values of each head, not yet projected; `heard` is of `listen`."""
        return local_attention(*self.projected(features, heard), self.reach)


def keep_from_compiling() -> None:
    """Leave local attention out of all compiled graphs, to the eager kernels.

    Compiled, PyTorch 2.11's attention for CPUs with AMX makes NaN of its blocks.
    """
    eager: Any = torch.compiler.disable(LocalAttention.forward)  # type: ignore[no-untyped-call]
    LocalAttention.forward = eager  # type: ignore[method-assign]


class GlobalAttention(_Attention):
    """Attention of every frame over all frames, with rotary positions on queries and keys.

    Args:
        channels, context_channels, heads, head_width: see `LocalAttention`; an even width.
    """

    def __init__(self, channels: int, context_channels: int, heads: int, head_width: int) -> None:
        super().__init__(channels, context_channels, heads, head_width, halo=0)
        self.rotary = RotaryEmbedding(head_width)

    def forward(self, features: Features, heard: HeardKeys) -> Heads:
        """The attended values of each head, not yet projected; `heard` is of `listen`."""
        queries, keys, values = self.projected(features, heard)
        queries, keys = self.rotary(queries, keys)
        attended: Tensor = F.scaled_dot_product_attention(queries, keys, values)
        return attended
