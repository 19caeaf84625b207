import math
from collections.abc import Iterator

import pytest
import torch

from samuel_gen.codecs.codec import CodecIdentity, LatentCodec
from samuel_gen.codecs.spectral.codec import SpectralCodec
from samuel_gen.codecs.streaming import decode_blocks, encode_blocks

HOP = 2048


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


def cut(audio: torch.Tensor, *sizes: int) -> Iterator[torch.Tensor]:
    """Blocks of these sizes, over and over."""
    start = 0
    while start < audio.shape[1]:
        for size in sizes:
            if start < audio.shape[1]:
                yield audio[:, start : start + size]
                start += size


@pytest.mark.parametrize("sizes", [(HOP,), (5000, 1, 777), (10**6,)], ids=str)
@pytest.mark.parametrize("samples", [1, 3 * HOP, 20 * HOP, 20 * HOP + 1, 33 * HOP - 1])
def test_a_stream_has_the_latents_of_the_whole(samples, sizes):
    codec, audio = SpectralCodec(), noise(samples)
    stretches = list(encode_blocks(codec, cut(audio, *sizes), stretch_frames=5))
    found = torch.cat(stretches, dim=1)
    assert found.shape == (64, math.ceil(samples / HOP))
    torch.testing.assert_close(found, codec.encode(audio), atol=1e-4, rtol=0)


def test_stretches_come_as_soon_as_they_can_be_known():
    codec = SpectralCodec()
    asked = 0

    def blocks() -> Iterator[torch.Tensor]:
        nonlocal asked
        for _ in range(100):
            asked += 1
            yield noise(HOP)

    stream = encode_blocks(codec, blocks(), stretch_frames=8)
    for given in (8, 16, 24):
        assert next(stream).shape == (64, 8)
        assert asked == given + codec.context_frames


def test_a_codec_without_context_needs_none(framed_codec):
    audio = noise(20 * HOP + 5)
    found = torch.cat(list(encode_blocks(framed_codec, cut(audio, 3000), 4)), dim=1)
    torch.testing.assert_close(found, framed_codec.encode(audio), atol=1e-4, rtol=0)


def test_no_audio_has_no_latents():
    assert list(encode_blocks(SpectralCodec(), [])) == []


def test_test_codecs_keep_the_protocol(framed_codec):
    assert isinstance(framed_codec, LatentCodec)


def test_the_spectral_context_is_as_long_as_it_must_be_and_no_longer():
    """A click moves the frames within its reach, and no others."""
    codec, quiet = SpectralCodec(), noise(21 * HOP)
    clicked = quiet.clone()
    clicked[:, 10 * HOP] += 1  # the first sample of frame 10
    clicked[:, 11 * HOP - 1] += 1  # and its last
    moved = (codec.encode(clicked) - codec.encode(quiet)).abs().amax(0) > 1e-5
    reach = torch.nonzero(moved)[:, 0] - 10
    assert reach.min() == -codec.context_frames and reach.max() == codec.context_frames


@pytest.mark.parametrize("samples", [1, 5 * HOP, 300 * HOP + 7])
def test_sound_in_stretches_is_that_of_the_whole(samples):
    codec = SpectralCodec(chunk_frames=128)
    latents = codec.encode(noise(samples))
    given = list(decode_blocks(codec, latents, samples))
    assert torch.equal(torch.cat(given, dim=1), codec.decode(latents, samples))
    assert samples < 300 * HOP or len(given) > 1  # in one piece no memory would be saved


class Smeared:
    """A codec each of whose frames sounds in its neighbours too; it knows nothing of stretches."""

    sample_rate, hop_length, channels, context_frames = 44100, 4, 8, 2
    identity = CodecIdentity("smeared", "0", 44100, 4, 8)

    def encode(self, audio):
        raise NotImplementedError

    def decode(self, latents, num_samples=None):
        around = torch.nn.functional.pad(latents, (2, 2)).unfold(1, 5, 1).mean(-1)
        return around.reshape(2, 4, -1).permute(0, 2, 1).flatten(1)[:, :num_samples]


@pytest.mark.parametrize("samples", [1, 4 * 30, 4 * 30 - 3])
def test_any_codec_decodes_in_stretches_with_its_context(samples):
    codec, latents = Smeared(), torch.randn(8, 30, generator=torch.Generator().manual_seed(0))
    given = list(decode_blocks(codec, latents, samples, stretch_frames=7))
    torch.testing.assert_close(torch.cat(given, dim=1), codec.decode(latents, samples))
    assert len(given) == math.ceil(samples / 28)
