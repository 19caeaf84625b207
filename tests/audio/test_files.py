"""Writing and reading back, and one clear line for each kind of bad file."""

import resource
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from samuel_gen.audio.files import (
    SOUND_SUFFIXES,
    VIDEO_SUFFIXES,
    read_audio,
    write_audio,
    write_blocks,
)
from samuel_gen.errors import SamuelError
from tests.audio.strange_files import encode, sing, state_length, write_as

CODECS = {
    **dict.fromkeys((".m4a", ".3gp", ".aac", ".mp4", ".mov"), "aac"),
    **dict.fromkeys((".webm", ".opus", ".mkv"), "libopus"),
    ".wma": "wmav2",
}


def noise(channels: int, samples: int) -> torch.Tensor:
    return 0.2 * torch.randn(channels, samples, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_round_trip(tmp_path, suffix, channels):
    path, samples = tmp_path / f"ö vocal{suffix}", noise(channels, 1000)
    write_audio(path, samples, 48_000)
    again, rate = read_audio(path)
    assert rate == 48_000
    torch.testing.assert_close(again, samples, atol=2**-23, rtol=0)


@pytest.mark.parametrize("suffix", [".ogg", ".mp3"])
def test_lossy_round_trip_keeps_the_sound(tmp_path, suffix):
    tone = torch.sin(torch.arange(44_100) * 0.1)[None].repeat(2, 1) * 0.5
    write_audio(tmp_path / f"a{suffix}", tone, 44_100)
    again, rate = read_audio(tmp_path / f"a{suffix}")
    assert rate == 44_100 and again.shape[0] == 2
    assert torch.corrcoef(torch.stack([again[0, :40_000], tone[0, :40_000]]))[0, 1] > 0.99


def test_writing_makes_folders_and_leaves_nothing_else(tmp_path):
    write_audio(tmp_path / "new" / "mix.wav", noise(2, 100), 44_100)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mix.wav"]


def test_a_refused_file_leaves_nothing(tmp_path):
    with pytest.raises(SamuelError, match="cannot hold 12 channels"):
        write_audio(tmp_path / "mix.mp3", noise(12, 100), 44_100)
    with pytest.raises(SamuelError, match="no sound format is called '.xyz'"):
        write_audio(tmp_path / "mix.xyz", noise(2, 100), 44_100)
    with pytest.raises(ValueError, match="NaN"):
        write_audio(tmp_path / "mix.wav", torch.full((2, 100), torch.nan), 44_100)
    assert list(tmp_path.iterdir()) == []


def wav(path, values) -> None:
    soundfile.write(path, np.asarray(values, dtype=np.float32), 44_100, subtype="FLOAT")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: path.write_text("not music at all"), "not audio"),
        (lambda path: path.write_bytes(b""), "empty \\(0 samples\\)"),
        (lambda path: wav(path, np.zeros((0, 1))), "0 samples.*at least 1 s"),
        (lambda path: wav(path, [0, np.nan, 1]), "NaN or infinite samples"),
        (lambda path: wav(path, [0, np.inf, -np.inf]), "NaN or infinite samples"),
    ],
)
def test_bad_files_give_one_line(tmp_path, make, message):
    path = tmp_path / "vocal.wav"
    make(path)
    with pytest.raises(SamuelError, match=message) as caught:
        read_audio(path)
    assert "vocal.wav" in str(caught.value) and "\n" not in str(caught.value)


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "vocal.wav"
    soundfile.write(path, np.zeros(9000), 44_100)
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(SamuelError, match="cut short"):
        read_audio(path)


def test_headerless_audio_is_refused(tmp_path):
    (tmp_path / "vocal.raw").write_bytes(b"1234")
    with pytest.raises(SamuelError, match="not audio"):
        read_audio(tmp_path / "vocal.raw")


@pytest.mark.parametrize("suffix", [*SOUND_SUFFIXES, *VIDEO_SUFFIXES])
def test_files_with_each_sound_suffix_can_be_read(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    if suffix == ".amr":  # of telephones: mono at 8 kHz
        encode(path, "libopencore_amrnb", sing(1.0, 8_000, 1), 8_000)
    elif suffix in CODECS:
        encode(path, CODECS[suffix], sing(1.0, 48_000), 48_000)
    else:
        kind = {".aif": "AIFF", ".oga": "OGG"}.get(suffix, suffix[1:].upper())
        write_as(path, kind, sing(1.0))
    sound, rate = read_audio(path)
    assert sound.shape[1] == pytest.approx(rate, rel=0.1)


def test_blocks_are_written_one_after_the_other(tmp_path):
    samples = noise(2, 1000)
    write_blocks(tmp_path / "a.wav", samples.split(300, dim=1), 2, 8_000, "FLOAT")
    assert torch.equal(read_audio(tmp_path / "a.wav")[0], samples)


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "mix.wav"
    write_audio(path, noise(1, 10), 44_100)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="NaN"):
        write_blocks(path, [noise(1, 10), torch.full((1, 1), torch.nan)], 1, 44_100)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
def test_a_disk_that_fills_up_is_told_and_leaves_nothing(tmp_path, suffix):
    """libsndfile itself would say that the format cannot hold such samples."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(SamuelError, match="cannot be written .File too large"):
            write_audio(tmp_path / f"a{suffix}", noise(2, 400_000), 44_100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told(tmp_path):
    (tmp_path / ".a.wav.partial").symlink_to("/dev/full")
    with pytest.raises(SamuelError, match="a.wav: no space left on device"):
        write_audio(tmp_path / "a.wav", noise(2, 4_000), 44_100)
    assert list(tmp_path.iterdir()) == []


def test_what_is_odd_about_a_file_is_logged_once(tmp_path, caplog):
    path = write_as(tmp_path / "a.wav", "WAV", sing(1.0))
    read_audio(path)
    assert not caplog.messages
    state_length(path, "WAV", 0x7FFFF000)
    read_audio(path)
    (line,) = caplog.messages
    assert line.startswith(f"{path}: the header does not say how long it is")
