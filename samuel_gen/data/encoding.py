"""From songs to a latent data set, over all cores, going on where it was interrupted."""

import logging
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.assembly import EncodedFile, assemble, write_skipped
from samuel_gen.data.partials import EncodedSong, fingerprint
from samuel_gen.data.sources import Source
from samuel_gen.data.splitting import SHARES
from samuel_gen.data.workers import encode_all
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
    reasons: dict[int, str] = {}
    with _bar(progress) as bar:
        task = None if bar is None else bar.add_task("encoding", total=len(jobs))
        for at, reason in encode_all(jobs, codec, workers):
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
