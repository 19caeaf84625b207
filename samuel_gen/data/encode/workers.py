"""Encoding songs one after another or side by side, the same bytes either way."""

import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from pathlib import Path

import torch

from samuel_gen.audio.augmentation import Augmentation
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.encode.song import encode_song
from samuel_gen.data.sources.song import SongItem
from samuel_gen.errors import SamuelError

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_AHEAD = 4  # jobs that wait for each worker, so that none is idle and few are in memory


@dataclass(frozen=True)
class Job:
    """A song, its number, and the file to write it to."""

    number: int
    item: SongItem
    path: Path


@dataclass(frozen=True)
class Result:
    """What became of a job: its length in frames, or the reason why the song was left out."""

    number: int
    frames: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class Encoder:
    """What every job is encoded with."""

    codec: LatentCodec
    augmentations: Sequence[Augmentation] = ()

    def encode(self, job: Job) -> Result:
        """Encode a song into its file.

        Raises:
            OSError: the file cannot be written.
        """
        try:
            song = encode_song(job.item, self.codec, self.augmentations)
        except SamuelError as error:
            return Result(job.number, reason=str(error))
        song.save(job.path)
        return Result(job.number, song.facts.frames)


def encode_all(jobs: Iterable[Job], encoder: Encoder, workers: int) -> Iterator[Result]:
    """Write every song's file; results come as songs are finished.

    Args:
        jobs: the songs; taken one by one as workers become free.
        encoder: one thread of one process uses it at a time.
        workers: processes; 1 is this one.

    Raises:
        SamuelError: a worker process died.
        OSError: a file cannot be written.
    """
    yield from _in_processes(jobs, encoder, workers) if workers > 1 else _in_turn(jobs, encoder)


def _in_turn(jobs: Iterable[Job], encoder: Encoder) -> Iterator[Result]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker: other numbers of threads, other sums
    try:
        for job in jobs:
            yield encoder.encode(job)
    finally:
        torch.set_num_threads(threads)


_encoder: Encoder | None = None


def _start_worker(encoder: Encoder) -> None:
    global _encoder
    torch.set_num_threads(1)
    _encoder = encoder
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
    assert _encoder is not None
    return _encoder.encode(job)


def _in_processes(jobs: Iterable[Job], encoder: Encoder, workers: int) -> Iterator[Result]:
    jobs = iter(jobs)
    with _one_thread_each():
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, (encoder,))
        try:
            running: set[Future[Result]] = set()
            while True:
                free = _AHEAD * workers - len(running)
                running |= {pool.submit(_encode_in_worker, job) for job in islice(jobs, free)}
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
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
