"""Sound as a stream of stereo blocks: resampling, cutting to a length, equal blocks."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

BLOCK_SAMPLES = 2**18
"""Samples per block of a recording's stream."""


def resampled_blocks(
    blocks: Iterable[Float[Tensor, "2 _"]], from_rate: int, to_rate: int, samples: int
) -> Iterator[Float[Tensor, "2 block"]]:
    """Resample a stream as `audio.resample.resample` does a whole sound; blocks of BLOCK_SAMPLES.

    Args:
        blocks: the sound, in blocks of any lengths.
        from_rate, to_rate: the present and the new rate in Hz.
        samples: the length of the result; silence is appended if the sound is shorter.
    """
    if to_rate != from_rate:
        blocks = _resample(blocks, from_rate, to_rate)
    return rechunk(fit_length(blocks, samples))


def _resample(
    blocks: Iterable[Float[Tensor, "2 _"]], from_rate: int, to_rate: int
) -> Iterator[Float[Tensor, "2 block"]]:
    import soxr

    stream = soxr.ResampleStream(from_rate, to_rate, 2, dtype="float32")
    step = max(1, BLOCK_SAMPLES * from_rate // to_rate)
    for block in blocks:
        for piece in torch.split(block.float(), step, dim=-1):
            yield torch.from_numpy(stream.resample_chunk(piece.T.contiguous().numpy())).T
    rest = stream.resample_chunk(np.empty((0, 2), np.float32), last=True)
    yield torch.from_numpy(rest).T


def fit_length(
    blocks: Iterable[Float[Tensor, "2 _"]], samples: int
) -> Iterator[Float[Tensor, "2 block"]]:
    """Cut a stream, or extend it with silence, to a length in samples."""
    for block in blocks:
        yield block[:, :samples]
        samples = max(0, samples - block.shape[-1])
    while samples:
        missing = min(samples, BLOCK_SAMPLES)
        yield torch.zeros(2, missing)
        samples -= missing


def rechunk(blocks: Iterable[Float[Tensor, "2 _"]]) -> Iterator[Float[Tensor, "2 block"]]:
    """Cut a stream into blocks of BLOCK_SAMPLES; the last block may be shorter."""
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
