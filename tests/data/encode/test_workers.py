import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children
from pathlib import Path

import pytest
import torch
from tiny_codec import TinyCodec
from tiny_songs import SlowSong, TinySong

from samuel_gen.data.encode import workers
from samuel_gen.data.encode.song import SongFacts
from samuel_gen.data.encode.workers import Encoder, Job, encode_all
from samuel_gen.errors import SamuelError


def make_jobs(folder: Path, *items: TinySong) -> list[Job]:
    return [Job(number, item, folder / f"{number}") for number, item in enumerate(items)]


def test_each_job_gives_a_result_and_usable_songs_a_file(tmp_path):
    jobs = make_jobs(tmp_path, TinySong("a"), TinySong("b", broken=True), TinySong("c", 2))
    results = list(encode_all(jobs, Encoder(TinyCodec()), workers=1))
    assert [(result.number, result.frames) for result in results] == [(0, 47), (1, 0), (2, 47)]
    assert [result.reason is None for result in results] == [True, False, True]
    assert SongFacts.load(tmp_path / "2").frames == 47 and not (tmp_path / "1").exists()


def test_threads_of_this_process_are_restored(tmp_path):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        list(encode_all(make_jobs(tmp_path, TinySong("a")), Encoder(TinyCodec()), workers=1))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


class BrokenPool:
    """A pool of processes that are killed at their first job."""

    def __init__(self, *_):
        assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"

    def submit(self, *_):
        future = Future()
        future.set_exception(BrokenProcessPool("killed"))
        return future

    def shutdown(self, cancel_futures):
        assert cancel_futures


def test_a_killed_worker_is_reported_and_the_environment_restored(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "ProcessPoolExecutor", BrokenPool)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    jobs = make_jobs(tmp_path, TinySong("a"), TinySong("b"))
    with pytest.raises(SamuelError, match="one of 2 encoding workers was killed"):
        list(encode_all(jobs, Encoder(TinyCodec()), workers=2))
    assert os.environ["OMP_NUM_THREADS"] == "7" and "MKL_NUM_THREADS" not in os.environ


def test_no_job_gives_no_result():
    assert list(encode_all([], Encoder(TinyCodec()), workers=1)) == []


def test_processes_that_start_in_the_block_never_see_an_interrupt():
    arrived = []
    before = signal.signal(signal.SIGINT, lambda *_: arrived.append("here"))
    try:
        with workers._hold_interrupts():
            command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), 2)"]
            assert subprocess.run(command).returncode == 0
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            assert not arrived
        assert arrived == ["here"], "it has only waited"
    finally:
        signal.signal(signal.SIGINT, before)


def test_processes_end_with_the_caller_and_not_with_their_songs(tmp_path):
    jobs = make_jobs(tmp_path, TinySong("a"), SlowSong("b", folder=tmp_path), TinySong("c", 2))
    results = encode_all(jobs, Encoder(TinyCodec()), workers=2)
    assert {next(results).number, next(results).number} == {0, 2}, "beside the slow song"
    while not (tmp_path / "begun").exists():
        time.sleep(0.01)
    results.close()  # as Ctrl-C does
    assert not active_children() and not (tmp_path / "ended").exists()
    assert SongFacts.load(tmp_path / "0") and SongFacts.load(tmp_path / "2"), "these are kept"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_result_tells_what_is_odd_about_the_files(tmp_path, workers):
    jobs = make_jobs(tmp_path, TinySong("a", notes=("a.wav: odd",)), TinySong("b", 1))
    results = encode_all(jobs, Encoder(TinyCodec()), workers)
    assert {result.number: result.notes for result in results} == {0: ("a.wav: odd",), 1: ()}
