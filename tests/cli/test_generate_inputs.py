"""Recordings as they are named on the command line: pipes, folders, odd names."""

import json
import os
import threading

import pytest

from samuel_gen.cli.generate_inputs import list_recordings, split_words, spool_pipes
from samuel_gen.errors import SamuelError


def test_every_word_after_two_dashes_is_a_recording():
    assert split_words(["a.wav", "--seed", "2"]) == (["a.wav", "--seed", "2"], [])
    assert split_words(["--seed", "2", "--", "-a.wav", "--b"]) == (
        ["--seed", "2"],
        ["-a.wav", "--b"],
    )


def test_a_named_pipe_is_read_to_its_end(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    data = os.urandom(3_000_000)
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(data))
    writer.start()
    with spool_pipes([str(tmp_path / "pipe"), "other.wav"]) as (spooled, other):
        assert other == "other.wav" and os.path.basename(spooled) == "stdin"
        assert open(spooled, "rb").read() == data
    assert not os.path.exists(spooled)
    writer.join()


@pytest.mark.parametrize("word", ["-", "/dev/stdin"])
def test_standard_input_is_read(word, tmp_path):
    reading, writing = os.pipe()
    os.write(writing, b"some bytes")
    os.close(writing)
    kept = os.dup(0)
    os.dup2(reading, 0)
    try:
        with spool_pipes([word]) as (spooled,):
            assert open(spooled, "rb").read() == b"some bytes"
        with pytest.raises(SamuelError, match="nothing came out"), spool_pipes(["-"]):
            pass
    finally:
        os.dup2(kept, 0)


def test_the_results_of_an_earlier_run_are_left_out(tmp_path, capsys):
    for name in ("take.wav", "mix.wav", "accompaniment.wav", "click.wav", "mix-count_in.wav"):
        (tmp_path / name).touch()
    assert len(list_recordings([tmp_path])) == 5
    record = {"outputs": {"mix.wav": "0", "accompaniment.wav": "1"}}
    (tmp_path / "generation.json").write_text(json.dumps(record))
    assert list_recordings([tmp_path]) == [tmp_path / "take.wav"]
    assert len(capsys.readouterr().err.splitlines()) == 1
    (tmp_path / "generation.json").write_text("[" * 10_000)
    assert len(list_recordings([tmp_path])) == 5
