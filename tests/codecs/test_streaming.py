import math
from collections.abc import Iterator

import pytest
import torch

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.codecs.streaming import decode_blocks, encode_blocks

HOP = 2048


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


def split_blocks(audio: torch.Tensor, *sizes: int) -> Iterator[torch.Tensor]:
    """Blocks of these sizes, repeated until the audio ends."""
    start = 0
    while start < audio.shape[1]:
        for size in sizes:
            if start < audio.shape[1]:
                yield audio[:, start : start + size]
                start += size


@pytest.mark.parametrize("sizes", [(HOP,), (5000, 1, 777), (10**6,)], ids=str)
@pytest.mark.parametrize("samples", [1, 3 * HOP, 20 * HOP, 20 * HOP + 1, 33 * HOP - 1])
def test_streamed_latents_equal_those_of_the_whole(samples, sizes):
    codec, audio = SpectralCodec(), noise(samples)
    chunks = list(encode_blocks(codec, split_blocks(audio, *sizes), chunk_frames=5))
    found = torch.cat(chunks, dim=1)
    assert found.shape == (64, math.ceil(samples / HOP))
    torch.testing.assert_close(found, codec.encode(audio), atol=1e-4, rtol=0)


def test_chunks_are_yielded_as_early_as_possible():
    codec = SpectralCodec()
    consumed = 0

    def blocks() -> Iterator[torch.Tensor]:
        nonlocal consumed
        for _ in range(100):
            consumed += 1
            yield noise(HOP)

    stream = encode_blocks(codec, blocks(), chunk_frames=8)
    for yielded in (8, 16, 24):
        assert next(stream).shape == (64, 8)
        assert consumed == yielded + codec.context_frames


def test_codec_without_context_can_be_streamed(framed_codec):
    audio = noise(20 * HOP + 5)
    found = torch.cat(list(encode_blocks(framed_codec, split_blocks(audio, 3000), 4)), dim=1)
    torch.testing.assert_close(found, framed_codec.encode(audio), atol=1e-4, rtol=0)


def test_empty_stream_has_no_latents():
    assert list(encode_blocks(SpectralCodec(), [])) == []


def test_spectral_context_is_the_range_of_a_click():
    """A click changes the frames within the context, the outermost included, and no others."""
    codec, quiet = SpectralCodec(), noise(21 * HOP)
    clicked = quiet.clone()
    clicked[:, 10 * HOP] += 1  # the first sample of frame 10
    clicked[:, 11 * HOP - 1] += 1  # and its last
    changed = (codec.encode(clicked) - codec.encode(quiet)).abs().amax(0) > 1e-5
    offsets = torch.nonzero(changed)[:, 0] - 10
    assert offsets.min() == -codec.context_frames and offsets.max() == codec.context_frames


@pytest.mark.parametrize("samples", [1, 5 * HOP, 300 * HOP + 7])
def test_streamed_audio_equals_that_of_the_whole(samples):
    codec = SpectralCodec(chunk_frames=128)
    latents = codec.encode(noise(samples))
    chunks = list(decode_blocks(codec, latents, samples))
    assert torch.equal(torch.cat(chunks, dim=1), codec.decode(latents, samples))
    assert samples < 300 * HOP or len(chunks) > 1  # a single chunk would save no memory


class SmearingCodec:
    """A codec whose decoder averages each frame with its neighbours; it cannot stream itself."""

    sample_rate, hop_length, channels, context_frames = 44100, 4, 8, 2
    identity = CodecIdentity("smearing", "0", 44100, 4, 8)

    def encode(self, audio):
        raise NotImplementedError

    def decode(self, latents, num_samples=None):
        around = torch.nn.functional.pad(latents, (2, 2)).unfold(1, 5, 1).mean(-1)
        return around.reshape(2, 4, -1).permute(0, 2, 1).flatten(1)[:, :num_samples]


@pytest.mark.parametrize("samples", [1, 4 * 30, 4 * 30 - 3])
def test_any_codec_can_be_decoded_in_chunks(samples):
    codec, latents = SmearingCodec(), torch.randn(8, 30, generator=torch.Generator().manual_seed(0))
    chunks = list(decode_blocks(codec, latents, samples, chunk_frames=7))
    torch.testing.assert_close(torch.cat(chunks, dim=1), codec.decode(latents, samples))
    assert len(chunks) == math.ceil(samples / 28)
