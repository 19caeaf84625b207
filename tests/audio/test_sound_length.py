"""Headers that are wrong about the length: never filled in, or the end of the file is missing."""

import pytest

from samuel_gen.audio.sound_length import check_length
from tests.audio.strange_files import LENGTH_FIELDS, remove_end_mark, sing, state_length, write_as

KINDS = sorted(LENGTH_FIELDS)
SOX, ARECORD, UNKNOWN = 0x7FFFF000, 2**31, 2**32 - 1


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
@pytest.mark.parametrize("kind", [*KINDS, "WAVEX"])
def test_a_file_is_cut_only_if_samples_are_missing(tmp_path, kind, subtype):
    path = write_as(tmp_path / "a", kind, sing(0.1), subtype=subtype)
    assert check_length(path).cut is None and check_length(path).notes == ()
    data = path.read_bytes()
    if kind != "CAF":  # its last chunk is the samples
        path.write_bytes(data + b"LIST\4\0\0\0abcd")
        assert check_length(path).cut is None and check_length(path).notes == ()
    path.write_bytes(data[:-1000])
    assert "bytes of samples" in check_length(path).cut


@pytest.mark.parametrize("length", [0, SOX, ARECORD, UNKNOWN])
@pytest.mark.parametrize("kind", KINDS)
def test_a_length_that_was_never_filled_in_is_that_of_the_file(tmp_path, kind, length):
    path = write_as(tmp_path / "a", kind, sing(0.1))
    state_length(path, kind, length)
    check = check_length(path)
    assert check.cut is None and "does not say how long" in check.notes[0]
    at, patch = check.patch
    data = bytearray(path.read_bytes())
    data[at : at + len(patch)] = patch
    path.write_bytes(data)
    assert check_length(path).notes == (), "the patched header is right"


def test_a_wave_file_without_samples_is_whole(tmp_path):
    path = write_as(tmp_path / "a", "WAV", sing(0.0))
    path.write_bytes(path.read_bytes() + b"LIST\4\0\0\0abcd")
    assert check_length(path) == check_length(write_as(tmp_path / "b", "WAV", sing(0.1)))


def test_a_second_file_behind_the_first_is_told(tmp_path):
    whole = write_as(tmp_path / "a", "WAV", sing(1.0)).read_bytes()
    (tmp_path / "b").write_bytes(whole + whole)
    assert "are two files joined?" in check_length(tmp_path / "b").notes[0]


def test_a_recorder_that_stopped_filling_in_the_length(tmp_path):
    path = write_as(tmp_path / "a", "WAV", sing(2.0) + 0.1)
    state_length(path, "WAV", 44_100)
    assert "does not say how long" in check_length(path).notes[0]


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_an_ogg_file_without_an_end_mark_is_open(tmp_path, subtype):
    path = write_as(tmp_path / "a", "OGG", sing(1.0, 48_000), 48_000, subtype=subtype)
    assert not check_length(path).is_open
    data = path.read_bytes()
    remove_end_mark(path)
    assert check_length(path).is_open and "no end mark" in check_length(path).notes[0]
    path.write_bytes(data[:-100])
    assert check_length(path).is_open and "no end mark" in check_length(path).notes[0]
    path.write_bytes(data + data)
    assert "joined" in check_length(path).notes[0]


def test_a_file_of_empty_chunks_is_soon_given_up(tmp_path):
    (tmp_path / "a").write_bytes(b"RIFF\0\0\0\0WAVE" + bytes(2**22))
    assert check_length(tmp_path / "a").cut is None
