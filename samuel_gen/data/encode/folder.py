"""The folder that a data set is written to: its check before writing, its lock, its leftovers."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from samuel_gen.audio.augmentation import Augmentation
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.description import DESCRIPTION
from samuel_gen.data.encode.shard_formats import INDEX
from samuel_gen.data.shards import LatentDataset
from samuel_gen.errors import SamuelError

Existing = Literal["refuse", "extend", "replace"]

PARTIAL, CHECK = ".partial", "check"
_SHARD = r"(train|validation|test)-\d{5}\.(safetensors|bin)"
_OURS = re.compile(
    r"dataset\.json|index\.json|skipped\.csv|\.partial|check|\.(dataset|index)\.json\.partial"
    rf"|{_SHARD}|\.{_SHARD}\.partial"
)


def open_existing(
    output: Path,
    codec: LatentCodec,
    augmentations: Sequence[Augmentation],
    existing: Existing,
    suffix: str,
) -> LatentDataset | None:
    """Check the output folder, and open the data set in it that is to be extended, if any.

    Args:
        output: the folder; it need not exist.
        codec, augmentations: those that new songs will be encoded with.
        existing: the treatment of a finished data set, see `encode_dataset`.
        suffix: the suffix of the shards that will be written.

    Raises:
        SamuelError: the folder holds other files, a finished data set that must not be touched,
            or one of another codec, with other augmentations or in another format.
    """
    if output.exists() and not output.is_dir():
        raise SamuelError(f"{output}: a file, not a folder; choose another output")
    found = sorted(path.name for path in output.iterdir()) if output.exists() else []
    is_finished = DESCRIPTION in found
    foreign = [name for name in found if not _OURS.fullmatch(name)]
    if foreign and not (existing == "replace" or (existing == "extend" and is_finished)):
        raise SamuelError(
            f"{output}: the folder holds other files ({', '.join(map(repr, foreign[:3]))}); choose "
            "another output, or add overwrite=true to write beside them"
        )
    if not is_finished or existing == "replace":
        return None
    if existing == "refuse":
        raise SamuelError(
            f"{output}: the folder holds a finished data set; choose another output, add more "
            "songs to it with add=true, or start over with overwrite=true"
        )
    dataset = LatentDataset.open(output)
    _check_same_encoding(dataset, codec, augmentations, suffix)
    return dataset


def _check_same_encoding(
    dataset: LatentDataset, codec: LatentCodec, augmentations: Sequence[Augmentation], suffix: str
) -> None:
    written = {Path(shard.file).suffix for shard in dataset.shards}
    if written - {suffix}:
        raise SamuelError(
            f"{dataset.path}: its shards end in {written.pop()}, but this format writes {suffix}; "
            "use the format that the data set was made in, or choose another output"
        )
    difference = dataset.codec_identity.difference(codec.identity)
    if difference:
        raise SamuelError(
            f"{dataset.path}: encoded by another codec ({difference}); use the codec that it was "
            "made with, or choose another output"
        )
    requested = [augmentation.describe() for augmentation in augmentations]
    if list(dataset.augmentations) != requested:
        raise SamuelError(
            f"{dataset.path}: made with the augmentations {list(dataset.augmentations)}, not "
            f"{requested}; use the same augmentations, or choose another output"
        )


def remove_leftovers(output: Path, dataset: LatentDataset | None, start_over: bool) -> None:
    """Remove the files that an interrupted or an earlier encode has left.

    Args:
        output: the folder of the data set.
        dataset: the data set that is being extended; its files stay.
        start_over: also remove songs that an interrupted encode has finished.
    """
    keep = {CHECK}
    if dataset is not None:
        keep |= {DESCRIPTION, INDEX, *(shard.file for shard in dataset.shards)}
    for path in sorted(output.iterdir()):
        if path.name == PARTIAL:
            for song in path.glob("*.safetensors*") if start_over else ():
                song.unlink()
        elif _OURS.fullmatch(path.name) and path.name not in keep:
            path.unlink()


class FolderInUseError(SamuelError):
    """Another process is encoding into the folder."""


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Keep other encoders out of a folder; the lock of a killed process is released.

    After the block, files that a process has left half-written are removed.

    Raises:
        FolderInUseError: another encoder holds the lock.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise FolderInUseError(
            f"{folder.parent}: another samuel-encode is writing to this folder; wait until it ends "
            "or choose another output"
        ) from None
    try:
        yield
    finally:
        for unfinished in folder.glob(".*.partial"):  # of processes that have ended meanwhile
            unfinished.unlink(missing_ok=True)
        lock.release()


@contextmanager
def explain_disk_errors(output: Path) -> Iterator[None]:
    """Turn an error of the disk, such as a full one, into one line for the user."""
    try:
        yield
    except OSError as error:
        raise SamuelError(
            f"{error.filename or output}: {error.strerror or error}; make sure that the folder can "
            "be written to and that the disk has room, then start again: finished songs are kept"
        ) from error
    except SamuelError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        raise SamuelError(
            f"{error}; then start again: finished songs are kept"
        ) from error.__cause__
