"""Latents of a recording of any length, which is never in memory as a whole."""

from collections.abc import Iterable, Iterator

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
