"""Latents of a recording of any length and back, which is never in memory as a whole."""

import math
from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.codec import LatentCodec


def encode_blocks(
    codec: LatentCodec, blocks: Iterable[Float[Tensor, "2 _"]], stretch_frames: int = 512
) -> Iterator[Float[Tensor, "channels _"]]:
    """The latents of a stream, which in one piece are `codec.encode` of the whole.

    Every stretch is encoded together with the audio around it that its frames depend on
    (`codec.context_frames`), so that no frame notices where a stretch begins.

    Args:
        codec: what to encode with.
        blocks: stereo audio at the codec's rate, of any lengths, in order.
        stretch_frames: frames given at a time, above zero; the last stretch may be longer or
            shorter. Memory grows with it and with the longest block.
    """
    hop, context = codec.hop_length, codec.context_frames
    held, heard = torch.zeros(2, 0), 0  # audio, and the frames at its start that were given already
    for block in blocks:
        held = torch.cat([held, block], dim=1)
        while held.shape[1] >= (heard + stretch_frames + context) * hop:
            done = heard + stretch_frames
            yield codec.encode(held[:, : (done + context) * hop])[:, heard:done]
            heard = min(context, done)
            held = held[:, (done - heard) * hop :]
    if held.shape[1] > heard * hop:
        yield codec.encode(held)[:, heard:]


@runtime_checkable
class InOrder(Protocol):
    """A codec whose decoder carries something on from stretch to stretch: it cuts them itself."""

    def decode_blocks(
        self, latents: Float[Tensor, "channels frames"], num_samples: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """Stereo audio in order, which in one piece is `decode(latents, num_samples)`."""


def decode_blocks(
    codec: LatentCodec,
    latents: Float[Tensor, "channels frames"],
    num_samples: int,
    stretch_frames: int = 512,
) -> Iterator[Float[Tensor, "2 _"]]:
    """Stereo audio in order, which in one piece is `codec.decode(latents, num_samples)`.

    Args:
        codec: what to decode with.
        latents: whole; they are small.
        num_samples: of the audio, no more than the frames hold.
        stretch_frames: frames decoded at a time, above zero, unless the codec is `InOrder`.
    """
    if isinstance(codec, InOrder):
        yield from codec.decode_blocks(latents, num_samples)
        return
    hop, context = codec.hop_length, codec.context_frames
    for first in range(0, math.ceil(num_samples / hop), stretch_frames):
        lead = min(context, first)
        stretch = codec.decode(latents[:, first - lead : first + stretch_frames + context])
        length = min(stretch_frames * hop, num_samples - first * hop)
        yield stretch[:, lead * hop : lead * hop + length]
