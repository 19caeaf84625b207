"""Encoding and decoding recordings of any length without holding the audio in memory."""

import math
from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.codec import LatentCodec


def encode_blocks(
    codec: LatentCodec, blocks: Iterable[Float[Tensor, "2 _"]], chunk_frames: int = 512
) -> Iterator[Float[Tensor, "channels _"]]:
    """Yield the latents of a stream; concatenated, they equal `codec.encode` of the whole.

    Each chunk is encoded together with the audio around it that its frames depend on
    (`codec.context_frames`), so that the cuts leave no trace.

    Args:
        codec: the codec to encode with.
        blocks: stereo audio at the codec's rate, in order, in blocks of any lengths.
        chunk_frames: frames per chunk, above zero; the last chunk may be longer or shorter. Memory
            grows with it and with the longest block.
    """
    hop, context = codec.hop_length, codec.context_frames
    # Audio not yet dropped, and the number of frames at its start that were yielded already.
    held, yielded = torch.zeros(2, 0), 0
    for block in blocks:
        held = torch.cat([held, block], dim=1)
        while held.shape[1] >= (yielded + chunk_frames + context) * hop:
            stop = yielded + chunk_frames
            yield codec.encode(held[:, : (stop + context) * hop])[:, yielded:stop]
            yielded = min(context, stop)
            held = held[:, (stop - yielded) * hop :]
    if held.shape[1] > yielded * hop:
        yield codec.encode(held)[:, yielded:]


@runtime_checkable
class StreamingDecoder(Protocol):
    """A codec that decodes in chunks itself, because its decoder carries state between them."""

    def decode_blocks(
        self, latents: Float[Tensor, "channels frames"], num_samples: int
    ) -> Iterator[Float[Tensor, "2 _"]]:
        """Yield stereo audio in order; concatenated, it equals `decode(latents, num_samples)`."""


def decode_blocks(
    codec: LatentCodec,
    latents: Float[Tensor, "channels frames"],
    num_samples: int,
    chunk_frames: int = 512,
) -> Iterator[Float[Tensor, "2 _"]]:
    """Yield stereo audio in order; concatenated, it equals `codec.decode(latents, num_samples)`.

    Args:
        codec: the codec to decode with.
        latents: the latents of the whole recording, which are small.
        num_samples: length of the audio, at most as many samples as the frames hold.
        chunk_frames: frames per chunk, above zero; a `StreamingDecoder` uses its own.
    """
    if isinstance(codec, StreamingDecoder):
        yield from codec.decode_blocks(latents, num_samples)
        return
    hop, context = codec.hop_length, codec.context_frames
    for first in range(0, math.ceil(num_samples / hop), chunk_frames):
        lead = min(context, first)
        chunk = codec.decode(latents[:, first - lead : first + chunk_frames + context])
        length = min(chunk_frames * hop, num_samples - first * hop)
        yield chunk[:, lead * hop : lead * hop + length]
