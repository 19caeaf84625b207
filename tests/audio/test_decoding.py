"""Good sound in a strange wrapper is read to its end, and its length is known before."""

import numpy as np
import pytest

from samuel_gen.audio.recording import SoundFile
from samuel_gen.errors import SamuelError
from tests.audio.strange_files import (
    LENGTH_FIELDS,
    remove_end_mark,
    sing,
    state_length,
    write_as,
)


def read(path) -> np.ndarray:
    file = SoundFile(path)
    sound = file.read().T.numpy()
    assert len(sound) == file.samples, "the length is known before"
    return sound


@pytest.mark.parametrize("length", [0, 0x7FFFF000, 2**31, 2**32 - 1, 2**32 - 37])
@pytest.mark.parametrize("kind", sorted(LENGTH_FIELDS))
@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_a_length_that_was_never_filled_in(tmp_path, kind, length, subtype):
    path = write_as(tmp_path / "a.sound", kind, sing(), subtype=subtype)
    whole = read(path)
    assert SoundFile(path).notes == ()
    state_length(path, kind, length)
    assert np.array_equal(read(path), whole)
    (note,) = SoundFile(path).notes
    assert "header" in note


def test_a_caf_file_may_say_that_it_does_not_know(tmp_path):
    path = write_as(tmp_path / "a.caf", "CAF", sing())
    state_length(path, "CAF", 2**64 - 1)
    assert len(read(path)) == len(sing())


@pytest.mark.parametrize(("subtype", "rate"), [("VORBIS", 44_100), ("OPUS", 48_000)])
def test_an_ogg_file_without_an_end_mark(tmp_path, subtype, rate):
    noise = np.random.default_rng(0).standard_normal((3 * rate, 2)) / 20
    path = write_as(tmp_path / "a.ogg", "OGG", sing(3.0, rate) + noise, rate, subtype=subtype)
    whole = read(path)
    remove_end_mark(path)
    unmarked = read(path)
    assert len(whole) <= len(unmarked) < len(whole) + 1_000, "the last block included"
    assert np.abs(unmarked[: len(whole)] - whole).max() < 1e-3
    assert "no end mark" in SoundFile(path).notes[0]
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert 0.2 * len(whole) < len(read(path)) < len(whole)
    assert "no end mark" in SoundFile(path).notes[0]


def test_a_flac_stream_without_a_length(tmp_path):
    path = write_as(tmp_path / "a.flac", "FLAC", sing(), subtype="PCM_24")
    whole, data = read(path), bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    assert np.array_equal(read(path), whole)
    assert "header" in SoundFile(path).notes[0]


@pytest.mark.parametrize("suffix", [".mp3", ".raw", ".flac", ".m4a", ""])
def test_a_wave_file_under_another_extension(tmp_path, suffix):
    path = write_as(tmp_path / f"take{suffix}", "WAV", sing(), subtype="FLOAT")
    assert np.array_equal(read(path), sing())


@pytest.mark.parametrize(("rate", "channels"), [(3, 2), (2_000_000, 2), (44_100, 200)])
def test_a_header_of_no_recording_is_refused(tmp_path, rate, channels):
    path = write_as(tmp_path / "a.wav", "WAV", np.zeros((400, channels)), rate)
    with pytest.raises(SamuelError, match="not audio that can be read .its header says"):
        SoundFile(path)
