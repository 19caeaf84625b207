"""Local attention that torch.compile leaves out of its graphs.

A module of its own, because the mark below imports torch's compiler: a network that is not
compiled never imports this module.
"""

import torch

from samuel_gen.models.attention import (
    AttentionCache,
    Features,
    Heads,
    LocalAttention,
    attend_locally,
)


@torch.compiler.disable  # type: ignore[untyped-decorator]
def attend_eagerly(attention: LocalAttention, features: Features, cache: AttentionCache) -> Heads:
    """Compute the forward pass of `LocalAttention`, eager inside a compiled network."""
    return attend_locally(attention, features, cache)
