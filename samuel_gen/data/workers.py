"""Encoding songs one after another or side by side, the same bytes either way."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path

import torch

from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.partials import encode_song
from samuel_gen.data.sources import SongItem
from samuel_gen.errors import SamuelError

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

Job = tuple[int, SongItem, Path]  # number, song, and the file to write it to
Result = tuple[int, str | None]  # number, and the reason where the song was left out


def encode_all(jobs: Sequence[Job], codec: LatentCodec, workers: int) -> Iterator[Result]:
    """Write every song's file; results come as songs are finished.

    Args:
        jobs: the songs.
        codec: one thread of one process uses it at a time.
        workers: processes; 1 is this one.

    Raises:
        SamuelError: a worker process died.
    """
    yield from _in_processes(jobs, codec, workers) if workers > 1 else _in_turn(jobs, codec)


def _encode_one(job: Job, codec: LatentCodec) -> Result:
    """Encode a song into its file; the reason comes back where that cannot be done."""
    at, item, path = job
    try:
        encode_song(item, codec).save(path)
    except SamuelError as error:
        return at, str(error)
    return at, None


def _in_turn(jobs: Sequence[Job], codec: LatentCodec) -> Iterator[Result]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker: other numbers of threads, other sums
    try:
        for job in jobs:
            yield _encode_one(job, codec)
    finally:
        torch.set_num_threads(threads)


_worker_codec: LatentCodec | None = None


def _start_worker(codec: LatentCodec) -> None:
    global _worker_codec
    torch.set_num_threads(1)
    _worker_codec = codec
    # Ctrl-C reaches every process: let the first one decide, and finish the song at hand. Should
    # the first one be killed, nobody is left to say that there are no more songs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _encode_in_worker(job: Job) -> Result:
    assert _worker_codec is not None
    return _encode_one(job, _worker_codec)


def _in_processes(jobs: Sequence[Job], codec: LatentCodec, workers: int) -> Iterator[Result]:
    if not jobs:
        return
    with _one_thread_each():
        pool = ProcessPoolExecutor(
            min(workers, len(jobs)), get_context("spawn"), _start_worker, (codec,)
        )
        try:
            for done in as_completed([pool.submit(_encode_in_worker, job) for job in jobs]):
                yield done.result()
        except BrokenProcessPool as error:
            raise SamuelError(
                f"a worker process died while {workers} were encoding; expected all to live; is "
                "memory short? Start again with fewer workers: finished songs are kept"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside use one thread each for their sums."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
