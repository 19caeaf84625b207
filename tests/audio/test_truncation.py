"""Detection of sound files whose end is missing."""

import numpy as np
import pytest
import soundfile

from samuel_gen.audio.truncation import find_truncation

NOISE = 0.1 * np.random.default_rng(0).standard_normal(999)


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
@pytest.mark.parametrize("format", ["WAV", "WAVEX", "RF64", "AIFF"])
def test_a_file_is_truncated_only_if_samples_are_missing(tmp_path, format, subtype):
    path = tmp_path / "a.wav"
    soundfile.write(path, NOISE, 44_100, subtype=subtype, format=format)
    assert find_truncation(path) is None
    data = path.read_bytes()
    path.write_bytes(data + b"LIST\4\0\0\0abcd")
    assert find_truncation(path) is None
    path.write_bytes(data[:-1])
    assert "bytes of samples" in find_truncation(path)


def test_an_ogg_file_without_its_last_page_is_truncated(tmp_path):
    path = tmp_path / "a.ogg"
    soundfile.write(path, np.tile(NOISE, 50), 44_100)
    assert find_truncation(path) is None
    path.write_bytes(path.read_bytes()[:-100])
    assert find_truncation(path) == "no last page"


def test_other_formats_are_left_to_the_decoder(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, NOISE, 44_100)
    path.write_bytes(path.read_bytes()[:-100])
    assert find_truncation(path) is None
