"""Sound as a stream of blocks: at another rate, of another length, in blocks of one size."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

BLOCK_SAMPLES = 2**18


def resampled_blocks(
    blocks: Iterable[Float[Tensor, "2 block"]], from_rate: int, to_rate: int, samples: int
) -> Iterator[Float[Tensor, "2 block"]]:
    """As `audio.resample.resample` of the whole, in blocks of BLOCK_SAMPLES.

    Args:
        blocks: of any length.
        from_rate, to_rate: Hz.
        samples: that come out; what is missing is silence.
    """
    if to_rate != from_rate:
        blocks = _soxr(blocks, from_rate, to_rate)
    return even(exactly(blocks, samples))


def _soxr(
    blocks: Iterable[Float[Tensor, "2 block"]], from_rate: int, to_rate: int
) -> Iterator[Float[Tensor, "2 block"]]:
    import soxr

    stream = soxr.ResampleStream(from_rate, to_rate, 2, dtype="float32")
    step = max(1, BLOCK_SAMPLES * from_rate // to_rate)
    for block in blocks:
        for piece in torch.split(block.float(), step, dim=-1):
            yield torch.from_numpy(stream.resample_chunk(piece.T.contiguous().numpy())).T
    rest = stream.resample_chunk(np.empty((0, 2), np.float32), last=True)
    yield torch.from_numpy(rest).T


def exactly(
    blocks: Iterable[Float[Tensor, "2 _"]], samples: int
) -> Iterator[Float[Tensor, "2 block"]]:
    """The same, cut or filled with zeros to that length."""
    for block in blocks:
        yield block[:, :samples]
        samples = max(0, samples - block.shape[-1])
    while samples:
        missing = min(samples, BLOCK_SAMPLES)
        yield torch.zeros(2, missing)
        samples -= missing


def even(blocks: Iterable[Float[Tensor, "2 _"]]) -> Iterator[Float[Tensor, "2 block"]]:
    """The same in blocks of BLOCK_SAMPLES."""
    held: list[Tensor] = []
    length = 0
    for block in blocks:
        for piece in torch.split(block, BLOCK_SAMPLES, dim=-1):
            held.append(piece)
            length += piece.shape[-1]
            if length >= BLOCK_SAMPLES:
                whole = torch.cat(held, dim=-1)
                yield whole[:, :BLOCK_SAMPLES]
                held = [whole[:, BLOCK_SAMPLES:]]
                length -= BLOCK_SAMPLES
    if length:
        yield torch.cat(held, dim=-1)
