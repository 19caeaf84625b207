"""Processing of a long sound in segments that are crossfaded into each other."""

from collections.abc import Callable, Iterable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

Process = Callable[[Tensor], Tensor]


def crossfade_segments(
    blocks: Iterable[Float[Tensor, "2 _"]],
    length: int,
    process: Process,
    *,
    segment: int,
    overlap: int,
) -> Iterator[Float[Tensor, "stems 2 block"]]:
    """Process a long sound in segments, and fade each linearly into the next.

    A process that treats every sample by itself gives what it would give for the whole sound. The
    last segment starts early enough to be as long as the others; a sound shorter than a segment is
    padded with zeros.

    Args:
        blocks: the sound, in blocks of any lengths.
        length: the length of the sound in samples.
        process: a function from (2, segment) to (stems, 2, segment).
        segment: the samples per segment.
        overlap: the samples of each crossfade, at most half a segment.
    """
    incoming = iter(blocks)
    held, start = torch.zeros(2, 0), 0  # the sound from sample `start` on, as far as it was read
    step = segment - overlap
    fade = (torch.arange(overlap) + 0.5) / overlap
    tail: Tensor | None = None
    begin = 0
    while begin < length:
        end = min(begin + segment, length)
        first = max(0, end - segment)
        while start + held.shape[-1] < end:
            held = torch.cat([held, next(incoming)], dim=-1)
        held, start = held[:, first - start :], first
        window = torch.nn.functional.pad(held[:, : end - first], (0, segment - (end - first)))
        stems = process(window)[..., begin - first : end - first]
        if tail is not None:
            stems[..., :overlap] = fade * stems[..., :overlap] + (1 - fade) * tail
        if end == length:
            yield stems
            return
        yield stems[..., :step]
        tail = stems[..., step:]
        begin += step
