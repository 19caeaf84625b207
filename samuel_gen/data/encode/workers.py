"""Encoding of songs in this process or in several; the bytes are the same.

Every process computes with one thread, since sums depend on the number of threads.
"""

import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from samuel_gen.analysis.threads import one_thread
from samuel_gen.audio.augmentation import Augmentation
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.encode.song import encode_song
from samuel_gen.data.sources.song import SongItem
from samuel_gen.errors import SamuelError

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_QUEUED = 4  # jobs queued per worker: enough to keep it busy, few enough to spare memory


@dataclass(frozen=True)
class Job:
    """A song to encode.

    Attributes:
        number: the number that the result refers to.
        item: the song.
        path: the file to write the encoded song to.
    """

    number: int
    item: SongItem
    path: Path


@dataclass(frozen=True)
class Result:
    """The outcome of a job.

    Attributes:
        number: the number of the job.
        frames: the length of the encoded song in latent frames; 0 if it was left out.
        reason: the reason why the song was left out; None if it was encoded.
        notes: the oddities of the song's files, a line each.
    """

    number: int
    frames: int = 0
    reason: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Encoder:
    """The codec and the augmentations that all jobs are encoded with."""

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
        return Result(job.number, song.facts.frames, notes=song.notes)


def encode_all(jobs: Iterable[Job], encoder: Encoder, workers: int) -> Iterator[Result]:
    """Encode every song into its file, and yield the results in the order of completion.

    Args:
        jobs: the songs, taken one by one as workers become free.
        encoder: the encoder; each process uses a copy of its own.
        workers: the number of processes; 1 stays in this process.

    If the caller stops before the end, for example at Ctrl-C, the processes end at once.

    Raises:
        SamuelError: a worker process died.
        OSError: a file cannot be written.
    """
    if workers > 1:
        yield from _encode_in_processes(jobs, encoder, workers)
    else:
        yield from _encode_in_turn(jobs, encoder)


def _encode_in_turn(jobs: Iterable[Job], encoder: Encoder) -> Iterator[Result]:
    with one_thread():  # as in a worker
        for job in jobs:
            yield encoder.encode(job)


_encoder: Encoder | None = None


def _start_worker(encoder: Encoder, stop: Connection) -> None:
    global _encoder
    torch.set_num_threads(1)
    _encoder = encoder
    # Ctrl-C reaches every process, but the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(stop,), daemon=True).start()


def _end_with_parent(stop: Connection) -> None:
    """End this process, whatever it does, when the parent closes its end of the pipe or dies."""
    with suppress(EOFError, OSError):
        stop.recv_bytes()
    os._exit(1)


def _encode_in_worker(job: Job) -> Result:
    assert _encoder is not None
    return _encoder.encode(job)


def _encode_in_processes(jobs: Iterable[Job], encoder: Encoder, workers: int) -> Iterator[Result]:
    jobs = iter(jobs)
    with _limit_threads():
        context = get_context("spawn")
        stop, hold = context.Pipe(duplex=False)
        pool = ProcessPoolExecutor(workers, context, _start_worker, (encoder, stop))
        try:
            running: set[Future[Result]] = set()
            while True:
                free = _QUEUED * workers - len(running)
                with _hold_interrupts():
                    running |= {pool.submit(_encode_in_worker, job) for job in islice(jobs, free)}
                if not running:
                    pool.shutdown()
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise SamuelError(
                f"one of {workers} encoding workers was killed, probably out of memory; start "
                "again with fewer workers: finished songs are kept"
            ) from error
        finally:
            hold.close()  # whoever still works on a song ends now
            pool.shutdown(cancel_futures=True)
            stop.close()


@contextmanager
def _hold_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait until the block ends; processes that start in the block never see it.

    A worker that is still importing would answer with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _limit_threads() -> Iterator[None]:
    """Make processes that are started in the block compute with one thread each."""
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
