import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from samuel_gen.models.rotary import RotaryEmbedding

Heads = Float[Tensor, "batch heads frames width"]
Features = Float[Tensor, "batch channels frames"]
Source = Float[Tensor, "batch source_channels frames"]

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
    return rearrange(
        features, "batch (heads width) frames -> batch heads frames width", heads=heads
    )


class LocalAttention(nn.Module):
    """Windowed attention of `channels` features over `source` features, without positional code.

    Queries and keys come from convolutions over three frames, which see where they stand; they
    count towards the window: an output depends on no frame further than `window_size // 2` away.

    Args:
        channels: features of the queries and of the result.
        source_channels: features that are attended to.
        heads: attention heads; divides `channels`.
        window_size: width of the window in frames, at least 2.
    """

    def __init__(self, channels: int, source_channels: int, heads: int, window_size: int) -> None:
        super().__init__()
        self.heads = heads
        self.reach = window_size // 2 - _HALO
        kernel = 2 * _HALO + 1
        self.query = nn.Conv1d(channels, channels, kernel, padding=_HALO, bias=False)
        self.key = nn.Conv1d(source_channels, channels, kernel, padding=_HALO, bias=False)
        self.value = nn.Conv1d(source_channels, channels, 1, bias=False)

    def forward(self, features: Features, source: Source) -> Heads:
        """The attended values of each head, not yet projected."""
        queries, keys, values = self.query(features), self.key(source), self.value(source)
        return local_attention(
            _split(queries, self.heads),
            _split(keys, self.heads),
            _split(values, self.heads),
            self.reach,
        )


class GlobalAttention(nn.Module):
    """Attention of every frame over all frames, with rotary positions on queries and keys.

    Args:
        channels: features of the queries and of the result.
        source_channels: features that are attended to.
        heads: attention heads; divides `channels`.
    """

    def __init__(self, channels: int, source_channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Conv1d(channels, channels, 1, bias=False)
        self.key = nn.Conv1d(source_channels, channels, 1, bias=False)
        self.value = nn.Conv1d(source_channels, channels, 1, bias=False)
        self.rotary = RotaryEmbedding(channels // heads)

    def forward(self, features: Features, source: Source) -> Heads:
        """The attended values of each head, not yet projected."""
        queries = _split(self.query(features), self.heads)
        keys = _split(self.key(source), self.heads)
        values = _split(self.value(source), self.heads)
        queries, keys = self.rotary(queries, keys)
        attended: Tensor = F.scaled_dot_product_attention(queries, keys, values)
        return attended
