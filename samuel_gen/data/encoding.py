"""From songs to a latent data set, over all cores, going on where it was interrupted."""

import logging
import os
import re
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.assembly import EncodedFile, assemble, write_skipped
from samuel_gen.data.partials import EncodedSong, encode_song, fingerprint
from samuel_gen.data.sources import SongItem, Source
from samuel_gen.data.splitting import SHARES
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from rich.progress import Progress

log = logging.getLogger(__name__)

_PARTIAL = ".partial"
_OURS = re.compile(
    r"dataset\.json|skipped\.csv|\.partial|\.dataset\.json\.partial"
    r"|(train|validation|test)-\d{5}\.safetensors"
    r"|\.(train|validation|test)-\d{5}\.safetensors\.partial"
)
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class EncodeSummary:
    """What became of the songs: how many are in the data set, which were left out and why."""

    songs: int
    skipped: list[tuple[str, str]]
    hours: float
    path: Path


def encode_dataset(
    source: Source,
    codec: LatentCodec,
    output: str | Path,
    *,
    workers: int | None = None,
    shares: Sequence[float] = SHARES,
    overwrite: bool = False,
    progress: bool = True,
) -> EncodeSummary:
    """Encode every song of a source into a folder that `LatentDataset.open` reads.

    Interrupted, it goes on where it stopped when it is called again. A song that cannot be used
    is left out, logged, and named in `skipped.csv`. The bytes do not depend on `workers`.

    Args:
        source: the songs; their items travel to other processes.
        codec: travels there too.
        output: a new folder, or one in which an earlier call was interrupted.
        workers: processes; None is one per core, 1 stays in this process.
        shares: of the training, validation and test split, by hash of the songs' names.
        overwrite: start over where there is a finished data set; files of others stay.
        progress: show a bar with songs per second and the time left.

    Raises:
        SamuelError: the folder holds something else or a finished data set, no song can be
            used, or a worker process died.
    """
    output = Path(output)
    workers = workers or os.cpu_count() or 1
    items = source.songs()
    _prepare_folder(output, overwrite)
    partials = [output / _PARTIAL / f"{fingerprint(item, codec)}.safetensors" for item in items]
    waiting = [at for at, path in enumerate(partials) if EncodedSong.load(path) is None]
    if len(waiting) < len(items):
        log.info("%d of %d songs are encoded already", len(items) - len(waiting), len(items))
    jobs = [(at, items[at], partials[at]) for at in waiting]
    results = _in_processes(jobs, codec, workers) if workers > 1 else _in_turn(jobs, codec)
    reasons: dict[int, str] = {}
    with _bar(progress) as bar:
        task = None if bar is None else bar.add_task("encoding", total=len(jobs))
        for at, reason in results:
            if reason is not None:
                reasons[at] = reason
                log.warning("left out: %s", reason)
            if bar is not None and task is not None:
                bar.advance(task)
    skipped = [(items[at].name, reasons[at]) for at in sorted(reasons)]
    write_skipped(output, skipped)
    files = [
        EncodedFile(item.name, item.split, path)
        for at, (item, path) in enumerate(zip(items, partials, strict=True))
        if at not in reasons
    ]
    if not files:
        raise SamuelError(
            f"{output}: none of {len(items)} songs could be encoded; expected at least one; the "
            f"first was left out because of this: {skipped[0][1]}"
        )
    songs = assemble(files, codec.identity, output, shares)
    shutil.rmtree(output / _PARTIAL)
    seconds = sum(song.frames for song in songs) * codec.hop_length / codec.sample_rate
    return EncodeSummary(len(songs), skipped, seconds / 3600, output)


_Job = tuple[int, SongItem, Path]
_Result = tuple[int, str | None]


def _encode_one(job: _Job, codec: LatentCodec) -> _Result:
    """Encode a song into its file; the reason comes back where that cannot be done."""
    at, item, path = job
    try:
        encode_song(item, codec).save(path)
    except SamuelError as error:
        return at, str(error)
    return at, None


def _in_turn(jobs: Sequence[_Job], codec: LatentCodec) -> Iterator[_Result]:
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


def _encode_in_worker(job: _Job) -> _Result:
    assert _worker_codec is not None
    return _encode_one(job, _worker_codec)


def _in_processes(jobs: Sequence[_Job], codec: LatentCodec, workers: int) -> Iterator[_Result]:
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


def _prepare_folder(output: Path, overwrite: bool) -> None:
    """Make the folder ready to be written to, or refuse it."""
    if output.exists() and not output.is_dir():
        raise SamuelError(f"{output}: a file; expected a folder to write to; name another output")
    found = sorted(path.name for path in output.iterdir()) if output.exists() else []
    foreign = [name for name in found if not _OURS.fullmatch(name)]
    if not overwrite and foreign:
        raise SamuelError(
            f"{output}: holds other files ({', '.join(foreign[:3])}); expected an empty folder; "
            "name another output or add --overwrite"
        )
    if not overwrite and "dataset.json" in found:
        raise SamuelError(
            f"{output}: holds a finished data set; expected an empty folder; name another output "
            "or add --overwrite"
        )
    for name in set(found) - set(foreign):
        if name == _PARTIAL:
            if overwrite:
                shutil.rmtree(output / name)
        else:
            (output / name).unlink()
    (output / _PARTIAL).mkdir(parents=True, exist_ok=True)


def _bar(progress: bool) -> "AbstractContextManager[Progress | None]":
    if not progress:
        return nullcontext()
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.2f} songs/s")

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Speed(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
