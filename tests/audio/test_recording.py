"""Recordings from files and memory: decoding, resampling, sums, segments and bad files."""

import hashlib
import os
import tracemalloc

import numpy as np
import pytest
import soundfile
import torch

from samuel_gen.audio.recording import (
    MemoryRecording,
    Recording,
    SoundFile,
    SummedRecording,
    read_segment,
)
from samuel_gen.audio.resample import resample, resampled_length, to_stereo
from samuel_gen.audio.streams import BLOCK_SAMPLES
from samuel_gen.errors import SamuelError
from tests.audio.strange_files import encode, sing

FORMATS = ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.aiff"]


def noise(samples: int, channels: int = 2, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(channels, samples, generator=generator)


def write(path, samples, rate=44_100, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(os.fsencode(path), samples.T.numpy(), rate, **options)
    return path


def read_all(recording, rate=None):
    return torch.cat(list(recording.blocks(rate or recording.sample_rate)), dim=-1)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_gives_its_decoded_samples(tmp_path, name):
    path = write(tmp_path / name, noise(100_000))
    decoded, _ = soundfile.read(path, dtype="float32")
    recording = SoundFile(path)
    assert isinstance(recording, Recording)
    assert recording.sample_rate == 44_100 and recording.samples == 100_000
    assert torch.equal(read_all(recording), torch.from_numpy(decoded.T))
    assert torch.equal(read_all(recording), read_all(recording)), "a file can be read again"


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (96_000, 6), (44_101, 2)])
@pytest.mark.parametrize("samples", [3, 60_001, BLOCK_SAMPLES, 2 * BLOCK_SAMPLES + 7])
def test_streamed_resampling_equals_that_of_the_whole(tmp_path, rate, channels, samples):
    path = write(tmp_path / "a.wav", noise(samples, channels), rate, subtype="FLOAT")
    truth = resample(to_stereo(noise(samples, channels)), rate, 44_100)
    blocks = list(SoundFile(path).blocks(44_100))
    torch.testing.assert_close(torch.cat(blocks, dim=-1), truth, atol=1e-4, rtol=0)
    assert {block.shape[-1] for block in blocks[:-1]} <= {BLOCK_SAMPLES}
    assert 0 < blocks[-1].shape[-1] <= BLOCK_SAMPLES
    torch.testing.assert_close(
        read_all(MemoryRecording(noise(samples, channels), rate), 44_100), truth
    )


def test_the_content_hash_depends_on_the_sound_not_the_format(tmp_path):
    values = torch.randint(-(2**15), 2**15, (2, 5_000), dtype=torch.int16)
    truth = hashlib.sha256(values.T.numpy().astype("<i2").tobytes()).hexdigest()
    for name, subtype in (("a.wav", "PCM_16"), ("b.flac", "PCM_24"), ("c 🎵.aiff", "PCM_16")):
        path = write(tmp_path / name, values, subtype=subtype)
        assert SoundFile(path).content_hash() == truth
    assert MemoryRecording(values.float() / 32768, 44_100).content_hash() == truth
    loud = MemoryRecording(torch.full((1, 10), 3.0), 44_100)
    assert (
        loud.content_hash() == MemoryRecording(torch.full((2, 10), 1.0), 44_100).content_hash()
    ), "samples past full scale are clipped"
    assert SoundFile(write(tmp_path / "d.wav", values[:, :-1])).content_hash() != truth
    values[0, 77] ^= 1
    assert SoundFile(write(tmp_path / "e.wav", values)).content_hash() != truth


def test_a_sum_has_the_longest_length_and_the_highest_rate():
    long, short = noise(30_000, seed=1), noise(9_000, seed=2)
    both = SummedRecording([MemoryRecording(short, 22_050), MemoryRecording(long, 44_100)])
    assert (both.sample_rate, both.samples) == (44_100, 30_000)
    truth = long.clone()
    truth[:, :18_000] += resample(short, 22_050, 44_100)
    torch.testing.assert_close(read_all(both), truth, atol=1e-5, rtol=0)
    assert read_all(both, 48_000).shape == (2, round(30_000 * 48_000 / 44_100))
    swapped = SummedRecording(both.recordings[::-1])
    doubled = SummedRecording([MemoryRecording(long, 44_100)] * 2)
    assert both.content_hash() == swapped.content_hash() != doubled.content_hash()


def test_a_sum_has_its_stated_length_at_every_rate():
    for samples in range(1_000, 1_040):
        parts = ((noise(samples), 8_000), (noise(samples + 3), 11_025))
        both = SummedRecording([MemoryRecording(*part) for part in parts])
        for rate in (8_000, 11_025, 16_000, 44_101):
            assert read_all(both, rate).shape[-1] == resampled_length(
                both.samples, both.sample_rate, rate
            )


@pytest.mark.parametrize("keep", [0.4, 0.97])
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "a.ogg"])
def test_a_truncated_file_gives_one_line(tmp_path, name, keep):
    path = write(tmp_path / "two\nlines" / name, noise(200_000))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(SamuelError, match=f"two.*{name}: cut short or damaged") as caught:
        for _ in SoundFile(path).blocks(44_100):
            pass
    assert "\n" not in str(caught.value)


def test_unusable_files_give_one_line(tmp_path):
    def assert_refused(path, message):
        with pytest.raises(SamuelError, match=message) as caught:
            SoundFile(path).content_hash()
        assert "\n" not in str(caught.value) and str(caught.value).encode()

    bad = noise(BLOCK_SAMPLES + 100)
    bad[1, -5] = torch.nan
    assert_refused(write(tmp_path / "nan.wav", bad, subtype="FLOAT"), "nan.wav: NaN or infinite")
    assert_refused(write(tmp_path / "none.wav", noise(0)), "none.wav: empty")
    (tmp_path / "empty.mp3").touch()
    assert_refused(tmp_path / "empty.mp3", "empty.mp3: empty")
    assert_refused(tmp_path / "no.wav", "no.wav: no such file")
    assert_refused(tmp_path, "a folder or device")
    for suffix in ("wav", "mp3", "flac", "raw"):
        path = tmp_path / f"words\n🎵.{suffix}"
        path.write_bytes(b"words, words, words" * 99)
        assert_refused(path, rf"words\\n🎵.{suffix}: not audio")
    os.mkfifo(tmp_path / "pipe.wav")
    assert_refused(tmp_path / "pipe.wav", "a folder or device")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    assert_refused(tmp_path / "loop.wav", "no such file|Too many levels")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path):
    path = write(tmp_path / "mine.wav", noise(99))
    path.chmod(0)
    with pytest.raises(SamuelError, match="mine.wav: cannot be read .Permission denied"):
        SoundFile(path)


def test_a_name_that_is_not_valid_text_can_be_read(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    recording = SoundFile(write(path, noise(99)))
    assert recording.samples == read_all(recording).shape[-1] == 99


def test_memory_does_not_grow_with_the_length(tmp_path):
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_U8") as file:
        for _ in range(8):
            file.write(np.zeros(2**20, np.float32))
    recording = SummedRecording([SoundFile(path), SoundFile(path)])
    tracemalloc.start()
    samples = sum(block.shape[-1] for block in recording.blocks(16_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert samples == 2 * 8 * 2**20
    assert peak < 20e6, "bytes held by numpy; as floats the sound has 70 MB"


def test_a_segment_is_a_slice_of_the_whole():
    sound = noise(BLOCK_SAMPLES + 5_000)
    recording = MemoryRecording(sound, 44_100)
    for start, stop in ((0, 10), (7, BLOCK_SAMPLES + 3), (BLOCK_SAMPLES, 10**7), (5, 5)):
        assert torch.equal(read_segment(recording, start, stop), sound[:, start:stop])
    at_other_rate = read_segment(recording, 100, 300, sample_rate=22_050)
    assert torch.equal(at_other_rate, read_all(recording, 22_050)[:, 100:300])


def test_a_segment_is_read_no_further_than_needed():
    class Broken(MemoryRecording):
        def blocks(self, sample_rate):
            yield from self._audio.split(1_000, dim=1)
            raise AssertionError("read past the segment")

    assert read_segment(Broken(noise(3_000), 44_100), 500, 3_000).shape == (2, 2_500)


@pytest.mark.parametrize(("name", "codec"), [("a.wav", None), ("a.webm", "libopus")])
def test_a_file_that_is_too_long_is_refused(tmp_path, name, codec):
    path, sound = tmp_path / name, sing(5.0, 48_000)
    if codec is None:
        soundfile.write(path, sound, 48_000)
    else:
        encode(path, codec, sound, 48_000)
    assert SoundFile(path, longest=6).samples > 4.9 * 48_000
    with pytest.raises(SamuelError, match=r"longer than 0\.05 minutes; cut it"):
        SoundFile(path, longest=3)
