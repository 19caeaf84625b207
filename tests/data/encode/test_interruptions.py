"""Interruptions of an encode: kills, full and closed disks, a second encoder."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_codec import TinyCodec
from tiny_songs import TinySong, TinySource

from samuel_gen.data.encode.dataset import encode_dataset
from samuel_gen.data.encode.folder import PARTIAL, lock_folder
from samuel_gen.errors import SamuelError

HERE = Path(__file__).parents[1]
SONGS = 24
SCRIPT = """
import sys
sys.path.insert(0, {here!r})
from tiny_codec import TinyCodec
from tiny_songs import TinySong, TinySource
from samuel_gen.data.encode.dataset import encode_dataset

if __name__ == "__main__":
    source = TinySource([TinySong(f"song {{n}}", n) for n in range({songs})])
    encode_dataset(source, TinyCodec(), sys.argv[1], workers=1, progress=False)
"""


def encode(output, count=SONGS, **options):
    songs = [TinySong(f"song {n}", n) for n in range(count)]
    return encode_dataset(TinySource(songs), TinyCodec(), output, progress=False, **options)


def count_finished(output):
    return len(list(output.glob(".partial/*.safetensors")))


def test_a_killed_encode_ends_with_the_same_bytes(tmp_path, contents):
    out, script = tmp_path / "out", tmp_path / "encode.py"
    script.write_text(SCRIPT.format(here=str(HERE), songs=SONGS))
    environment = os.environ | {"PYTHONPATH": str(HERE)}
    process = subprocess.Popen([sys.executable, script, out], env=environment)
    while count_finished(out) < 5 and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 5 <= count_finished(out) and not (out / "dataset.json").exists()
    encode(out, workers=1)
    encode(tmp_path / "whole", workers=1)
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize("largest", [1_000, 15_000])  # bytes: no song fits, no shard fits
def test_a_full_disk_gives_one_line_and_keeps_finished_songs(tmp_path, contents, largest):
    out = tmp_path / "out"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
    try:
        with pytest.raises(SamuelError) as raised:
            encode(out, workers=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    text = str(raised.value)
    assert "\n" not in text and "File too large" in text and str(out) in text and "kept" in text
    assert count_finished(out) == (SONGS if largest == 15_000 else 0)
    assert not list(out.glob("*.safetensors")) and not (out / "dataset.json").exists()
    encode(out, workers=1)
    encode(tmp_path / "whole", workers=1)
    assert contents(out) == contents(tmp_path / "whole")


def test_a_folder_that_cannot_be_written_to_is_refused():
    with pytest.raises(
        SamuelError, match="/proc/samuel.*make sure that the folder can be written to"
    ):
        encode(Path("/proc/samuel"), workers=1)


def test_a_second_encoder_is_refused_until_the_first_ends(tmp_path):
    out = tmp_path / "out"
    with lock_folder(out / PARTIAL):
        for existing in ("refuse", "replace"):
            with pytest.raises(SamuelError, match="another samuel-encode is writing"):
                encode(out, workers=1, existing=existing)
    assert encode(out, workers=1).songs == SONGS


def test_files_that_were_left_in_part_go_with_the_lock(tmp_path):
    with lock_folder(tmp_path):
        (tmp_path / ".song.safetensors.123.partial").touch()
        (tmp_path / "song.safetensors").touch()
    assert "song.safetensors" in os.listdir(tmp_path)
    assert not list(tmp_path.glob("*.partial"))
