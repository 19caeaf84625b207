"""Derived recordings: their samples, at any rate and in any block size."""

import errno
import math
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from samuel_gen.audio.edits import (
    ExtendedRecording,
    SplicedRecording,
    SpooledRecording,
)
from samuel_gen.audio.recording import MemoryRecording, Recording
from samuel_gen.audio.resample import resample
from samuel_gen.audio.streams import BLOCK_SAMPLES
from samuel_gen.errors import SamuelError

RATE = 44_100
LONG = 2 * BLOCK_SAMPLES + 12_345


def noise(samples: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(seed))


def read_all(recording: Recording, rate: int = RATE) -> torch.Tensor:
    assert isinstance(recording, Recording)
    return torch.cat([torch.zeros(2, 0), *recording.blocks(rate)], dim=1)


@pytest.mark.parametrize("sizes", [LONG, 1000, BLOCK_SAMPLES])
def test_a_spooled_stream_can_be_read_again_at_any_rate(sizes: int) -> None:
    sound = noise(LONG)
    spooled = SpooledRecording(torch.split(sound, sizes, dim=1), RATE)
    assert (spooled.samples, spooled.sample_rate) == (LONG, RATE)
    assert torch.equal(read_all(spooled), sound) and torch.equal(read_all(spooled), sound)
    other = read_all(spooled, 32_000)
    torch.testing.assert_close(other, resample(sound, RATE, 32_000), atol=1e-5, rtol=0)
    assert spooled.content_hash() == MemoryRecording(sound, RATE).content_hash()
    two, same = spooled.blocks(RATE), spooled.blocks(RATE)  # side by side
    assert torch.equal(next(two), next(same)) and torch.equal(next(two), next(same))


def test_threads_read_a_spooled_stream_at_the_same_time() -> None:
    sound = noise(12 * BLOCK_SAMPLES)
    spooled = SpooledRecording([sound], RATE)
    with ThreadPoolExecutor(4) as pool:
        copies = list(pool.map(lambda _: read_all(spooled), range(8)))
    assert all(torch.equal(copy, sound) for copy in copies)


def test_a_full_disk_gives_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, _: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(SamuelError, match="temporary file .No space left on device.*TMPDIR"):
        SpooledRecording([noise(10)], RATE)


@pytest.mark.parametrize("more", [0, 1, BLOCK_SAMPLES + 5])
def test_an_extension_is_silence_at_the_end(more: int) -> None:
    sound = noise(LONG)
    longer = ExtendedRecording(MemoryRecording(sound, RATE), more)
    found = read_all(longer)
    assert longer.samples == found.shape[1] == LONG + more
    assert torch.equal(found[:, :LONG], sound) and not found[:, LONG:].any()
    assert read_all(longer, 22_050).shape[1] == round((LONG + more) / 2)


START, PATCH, FADE = BLOCK_SAMPLES - 5000, BLOCK_SAMPLES + 9000, 2000  # across two block borders


def test_a_splice_is_the_patch_inside_and_changes_nothing_outside() -> None:
    sound, patch = noise(LONG), noise(PATCH, 1)
    found = read_all(SplicedRecording(MemoryRecording(sound, RATE), START, patch, FADE))
    stop = START + PATCH
    assert torch.equal(found[:, :START], sound[:, :START])
    assert torch.equal(found[:, stop:], sound[:, stop:])
    inner = slice(FADE, PATCH - FADE)
    assert torch.equal(found[:, START:stop][:, inner], patch[:, inner])


def test_a_crossfade_of_unrelated_sounds_keeps_the_power() -> None:
    sound, patch = noise(LONG), noise(PATCH, 1)
    found = read_all(SplicedRecording(MemoryRecording(sound, RATE), START, patch, 20_000))
    for fade in (found[:, START:][:, :20_000], found[:, START + PATCH - 20_000 :][:, :20_000]):
        power = fade.reshape(2, 10, 2000).square().mean((0, 2)) / 0.01
        assert power.sub(1).abs().max() < 5 * math.sqrt(2 / 4000)
    half = START + 10_000  # both are at half their power
    torch.testing.assert_close(
        found[:, half],
        (sound[:, half] + patch[:, 10_000]) * math.sqrt(0.5),
        atol=1e-3,
        rtol=0,
    )


def test_the_patch_fades_in_and_out() -> None:
    """The patch grows from nothing to all; the original stays at the outer ends of the fades."""
    sound, patch = noise(LONG), torch.ones(2, PATCH)
    found = read_all(SplicedRecording(MemoryRecording(0 * sound, RATE), START, patch, FADE))[
        0, START:
    ][:PATCH]
    for rise in (found[:FADE], found.flip(0)[:FADE]):
        assert rise[0] < 0.001 < 0.999 < rise[-1] and (rise.diff() > -1e-6).all()
    found = read_all(SplicedRecording(MemoryRecording(sound, RATE), START, 0 * patch, FADE))[
        :, START:
    ][:, :PATCH]
    old = sound[:, START:][:, :PATCH]
    ends = slice(None, None, PATCH - 1)
    torch.testing.assert_close(found[:, ends], old[:, ends], atol=1e-5, rtol=0)


def test_a_splice_does_not_change_the_original() -> None:
    class Shared(MemoryRecording):
        """Yields views of its own memory."""

        def blocks(self, _: int) -> Iterator[torch.Tensor]:
            yield from torch.split(sound, BLOCK_SAMPLES, dim=1)

    sound, patch = noise(LONG), noise(PATCH, 1)
    before = sound.clone()
    spliced = SplicedRecording(Shared(sound, RATE), START, patch, FADE)
    assert torch.equal(read_all(spliced), read_all(spliced)) and torch.equal(sound, before)


def test_equal_sounds_have_equal_hashes() -> None:
    sound, patch = noise(LONG), noise(PATCH, 1)
    spliced = SplicedRecording(MemoryRecording(sound, RATE), START, patch, FADE)
    assert spliced.content_hash() == MemoryRecording(read_all(spliced), RATE).content_hash()
    assert spliced.content_hash() != MemoryRecording(sound, RATE).content_hash()
    same = SplicedRecording(MemoryRecording(sound, RATE), START, sound[:, START:][:, :PATCH], 0)
    assert same.content_hash() == MemoryRecording(sound, RATE).content_hash()
    longer = ExtendedRecording(MemoryRecording(sound, RATE), 7)
    assert (
        longer.content_hash()
        == MemoryRecording(torch.nn.functional.pad(sound, (0, 7)), RATE).content_hash()
    )


@pytest.mark.parametrize("rate", [32_000, 48_000])
def test_reading_at_another_rate_resamples(rate: int) -> None:
    sound = MemoryRecording(noise(LONG), RATE)
    for derived in (
        ExtendedRecording(sound, 999),
        SplicedRecording(sound, START, noise(PATCH, 1), FADE),
    ):
        expected = resample(read_all(derived), RATE, rate)
        torch.testing.assert_close(read_all(derived, rate), expected, atol=1e-5, rtol=0)


def test_there_is_no_fade_at_the_ends_of_the_recording() -> None:
    sound, patch = noise(LONG), noise(LONG, 1)
    assert torch.equal(
        read_all(SplicedRecording(MemoryRecording(sound, RATE), 0, patch, FADE)), patch
    )
    first = read_all(SplicedRecording(MemoryRecording(sound, RATE), 0, patch[:, :PATCH], FADE))
    assert torch.equal(first[:, :FADE], patch[:, :FADE])
    assert not torch.equal(first[:, PATCH - FADE : PATCH], patch[:, PATCH - FADE : PATCH])
    last = read_all(
        SplicedRecording(MemoryRecording(sound, RATE), LONG - PATCH, patch[:, :PATCH], FADE)
    )
    assert torch.equal(last[:, -FADE:], patch[:, PATCH - FADE : PATCH])


def test_a_splice_without_a_fade_is_a_cut() -> None:
    sound, patch = noise(LONG), noise(PATCH, 1)
    found = read_all(SplicedRecording(MemoryRecording(sound, RATE), START, patch, 0))
    assert torch.equal(found[:, START : START + PATCH], patch)


@pytest.mark.parametrize("length", [1, 500, 3000])
def test_a_patch_shorter_than_its_fades_has_no_jump(length: int) -> None:
    silence, patch = MemoryRecording(torch.zeros(2, LONG), RATE), torch.ones(2, length)
    found = read_all(SplicedRecording(silence, START, patch, FADE))[0]
    torch.testing.assert_close(found[START:][:length], found[START:][:length].flip(0))
    assert found.max() < 1 and found.diff().abs().max() < 2.5 / min(FADE, length)
