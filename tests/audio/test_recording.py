import hashlib
import os
import struct
import tracemalloc

import numpy as np
import pytest
import soundfile
import torch

from samuel_gen.audio.containers import lost_end
from samuel_gen.audio.recording import Recording, Sound, SoundFile, Summed
from samuel_gen.audio.resample import resample, to_stereo
from samuel_gen.audio.streams import BLOCK_SAMPLES
from samuel_gen.errors import SamuelError

FORMATS = ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.aiff"]


def noise(samples: int, channels: int = 2, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(channels, samples, generator=generator)


def written(path, samples, rate=44_100, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(os.fsencode(path), samples.T.numpy(), rate, **options)
    return path


def whole(recording, rate=None):
    return torch.cat(list(recording.blocks(rate or recording.sample_rate)), dim=-1)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_what_it_decodes_to(tmp_path, name):
    path = written(tmp_path / name, noise(100_000))
    decoded, _ = soundfile.read(path, dtype="float32")
    recording = SoundFile(path)
    assert isinstance(recording, Recording)
    assert recording.sample_rate == 44_100 and recording.samples == 100_000
    assert torch.equal(whole(recording), torch.from_numpy(decoded.T))
    assert torch.equal(whole(recording), whole(recording)), "it can be read again"


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (96_000, 6), (44_101, 2)])
@pytest.mark.parametrize("samples", [3, 60_001, BLOCK_SAMPLES, 2 * BLOCK_SAMPLES + 7])
def test_streamed_resampling_is_that_of_the_whole(tmp_path, rate, channels, samples):
    path = written(tmp_path / "a.wav", noise(samples, channels), rate, subtype="FLOAT")
    truth = resample(to_stereo(noise(samples, channels)), rate, 44_100)
    blocks = list(SoundFile(path).blocks(44_100))
    torch.testing.assert_close(torch.cat(blocks, dim=-1), truth, atol=1e-4, rtol=0)
    assert {block.shape[-1] for block in blocks[:-1]} <= {BLOCK_SAMPLES}
    assert 0 < blocks[-1].shape[-1] <= BLOCK_SAMPLES
    torch.testing.assert_close(whole(Sound(noise(samples, channels), rate), 44_100), truth)


def test_content_is_that_of_the_sound_not_of_the_file(tmp_path):
    values = torch.randint(-(2**15), 2**15, (2, 5_000), dtype=torch.int16)
    truth = hashlib.sha256(values.T.numpy().astype("<i2").tobytes()).hexdigest()
    for name, subtype in (("a.wav", "PCM_16"), ("b.flac", "PCM_24"), ("c 🎵.aiff", "PCM_16")):
        path = written(tmp_path / name, values, subtype=subtype)
        assert SoundFile(path).content() == truth
    assert Sound(values.float() / 32768, 44_100).content() == truth
    loud = Sound(torch.full((1, 10), 3.0), 44_100)
    assert loud.content() == Sound(torch.full((2, 10), 1.0), 44_100).content(), "no wrapping round"
    assert SoundFile(written(tmp_path / "d.wav", values[:, :-1])).content() != truth
    values[0, 77] ^= 1
    assert SoundFile(written(tmp_path / "e.wav", values)).content() != truth


def test_a_sum_is_as_long_as_its_longest_part_at_the_highest_rate():
    long, short = noise(30_000, seed=1), noise(9_000, seed=2)
    both = Summed([Sound(short, 22_050), Sound(long, 44_100)])
    assert (both.sample_rate, both.samples) == (44_100, 30_000)
    truth = long.clone()
    truth[:, :18_000] += resample(short, 22_050, 44_100)
    torch.testing.assert_close(whole(both), truth, atol=1e-5, rtol=0)
    assert whole(both, 48_000).shape == (2, round(30_000 * 48_000 / 44_100))
    turned = Summed(both.recordings[::-1])
    assert both.content() == turned.content() != Summed([Sound(long, 44_100)] * 2).content()


def test_the_length_of_a_sum_is_what_it_promises_at_every_rate():
    for samples in range(1_000, 1_040):
        both = Summed([Sound(noise(samples), 8_000), Sound(noise(samples + 3), 11_025)])
        for rate in (8_000, 11_025, 16_000, 44_101):
            assert whole(both, rate).shape[-1] == round(both.samples * rate / both.sample_rate)


@pytest.mark.parametrize("keep", [0.4, 0.97])
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_was_cut_short_is_told_in_one_line(tmp_path, name, keep):
    path = written(tmp_path / "two\nlines" / name, noise(200_000))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(SamuelError, match=f"two.*{name}: cut short or damaged") as told:
        for _ in SoundFile(path).blocks(44_100):
            pass
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
@pytest.mark.parametrize("format", ["WAV", "WAVEX", "RF64", "AIFF"])
def test_whole_files_lack_nothing(tmp_path, format, subtype):
    path = written(tmp_path / "a.wav", noise(999, 1), subtype=subtype, format=format)
    assert lost_end(path) is None
    data = path.read_bytes()
    path.write_bytes(data + b"LIST\4\0\0\0abcd")
    assert lost_end(path) is None
    path.write_bytes(data[:-1])
    assert lost_end(path) is not None


def test_a_wave_file_of_unknown_length_lasts_as_long_as_it_does(tmp_path):
    data = bytearray(written(tmp_path / "a.wav", noise(999)).read_bytes())
    at = data.find(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0xFFFFFFFF)
    (tmp_path / "a.wav").write_bytes(data)
    assert whole(SoundFile(tmp_path / "a.wav")).shape == (2, 999)


def test_files_that_cannot_be_used_are_told_in_one_line(tmp_path):
    def refused(path, message):
        with pytest.raises(SamuelError, match=message) as told:
            SoundFile(path).content()
        assert "\n" not in str(told.value) and str(told.value).encode()

    bad = noise(BLOCK_SAMPLES + 100)
    bad[1, -5] = torch.nan
    refused(written(tmp_path / "nan.wav", bad, subtype="FLOAT"), "nan.wav: NaN or infinite")
    refused(written(tmp_path / "none.wav", noise(0)), "none.wav: 0 samples")
    (tmp_path / "empty.mp3").touch()
    refused(tmp_path / "empty.mp3", "empty.mp3: 0 samples")
    refused(tmp_path / "no.wav", "no.wav: no such file")
    refused(tmp_path, "a folder or device")
    for suffix in ("wav", "mp3", "flac", "raw"):
        path = tmp_path / f"words\n🎵.{suffix}"
        path.write_bytes(b"words, words, words" * 99)
        refused(path, rf"words\\n🎵.{suffix}: not audio")
    os.mkfifo(tmp_path / "pipe.wav")
    refused(tmp_path / "pipe.wav", "a folder or device")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    refused(tmp_path / "loop.wav", "no such file|Too many levels")
    data = bytearray(written(tmp_path / "open.flac", noise(999)).read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    (tmp_path / "open.flac").write_bytes(data)
    refused(tmp_path / "open.flac", "does not say how long it is")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path):
    path = written(tmp_path / "mine.wav", noise(99))
    path.chmod(0)
    with pytest.raises(SamuelError, match="mine.wav: Permission denied"):
        SoundFile(path)


def test_a_name_that_is_no_text_can_be_read(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    recording = SoundFile(written(path, noise(99)))
    assert recording.samples == whole(recording).shape[-1] == 99


def test_memory_does_not_grow_with_the_length(tmp_path):
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_U8") as file:
        for _ in range(8):
            file.write(np.zeros(2**20, np.float32))
    recording = Summed([SoundFile(path), SoundFile(path)])
    tracemalloc.start()
    samples = sum(block.shape[-1] for block in recording.blocks(16_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert samples == 2 * 8 * 2**20
    print(peak)
    assert peak < 20e6, "what numpy holds; all of it would be 70 MB as floats"
