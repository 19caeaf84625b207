"""Streams of blocks: lengths, block sizes and resampling."""

import pytest
import torch

from samuel_gen.audio import streams
from samuel_gen.audio.resample import resample, resampled_length
from samuel_gen.audio.streams import fit_length, rechunk, resampled_blocks


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(streams, "BLOCK_SAMPLES", 100)


@pytest.mark.parametrize("samples", [0, 1, 299, 300, 301, 1_000])
def test_a_stream_is_cut_or_extended_with_silence(small_blocks, samples):
    sound = noise(300)
    blocks = list(fit_length(sound.split(70, dim=1), samples))
    expected = torch.nn.functional.pad(sound, (0, max(0, samples - 300)))[:, :samples]
    assert torch.equal(torch.cat([torch.zeros(2, 0), *blocks], dim=1), expected)
    assert max((block.shape[1] for block in blocks), default=0) <= 100


@pytest.mark.parametrize("size", [1, 70, 100, 250, 999])
def test_rechunking_keeps_the_sound_and_gives_equal_blocks(small_blocks, size):
    sound = noise(950)
    blocks = list(rechunk(sound.split(size, dim=1)))
    assert torch.equal(torch.cat(blocks, dim=1), sound)
    assert [block.shape[1] for block in blocks] == [100] * 9 + [50]
    assert list(rechunk([])) == []


@pytest.mark.parametrize("to_rate", [8_000, 11_025, 44_101])
def test_a_stream_is_resampled_as_the_whole(small_blocks, to_rate):
    sound = noise(4_000)
    length = resampled_length(4_000, 11_025, to_rate)
    blocks = list(resampled_blocks(sound.split(333, dim=1), 11_025, to_rate, length))
    expected = resample(sound, 11_025, to_rate)
    torch.testing.assert_close(torch.cat(blocks, dim=1), expected, atol=1e-5, rtol=0)
