"""The folder that a data set is written to: whose it is, and that nobody else writes to it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from samuel_gen.audio.augmentation import Augmentation
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.description import DESCRIPTION
from samuel_gen.data.encode.shard_formats import INDEX
from samuel_gen.data.shards import LatentDataset
from samuel_gen.errors import SamuelError

PARTIAL, CHECK = ".partial", "check"
_SHARD = r"(train|validation|test)-\d{5}\.(safetensors|bin)"
_OURS = re.compile(
    r"dataset\.json|index\.json|skipped\.csv|\.partial|check|\.(dataset|index)\.json\.partial"
    rf"|{_SHARD}|\.{_SHARD}\.partial"
)


def known_dataset(
    output: Path,
    codec: LatentCodec,
    augmentations: Sequence[Augmentation],
    overwrite: bool,
    add: bool,
    suffix: str,
) -> LatentDataset | None:
    """The data set that is to be added to, if there is one.

    Raises:
        SamuelError: the folder holds something else, a finished data set that is not to be
            touched, or one of another codec or with other augmentations.
    """
    if output.exists() and not output.is_dir():
        raise SamuelError(f"{output}: a file; expected a folder to write to; name another output")
    found = sorted(path.name for path in output.iterdir()) if output.exists() else []
    foreign = [name for name in found if not _OURS.fullmatch(name)]
    if foreign and not overwrite:
        raise SamuelError(
            f"{output}: holds other files ({', '.join(map(repr, foreign[:3]))}); expected an empty "
            "folder; name another output or add overwrite=true"
        )
    if DESCRIPTION not in found or (overwrite and not add):
        return None
    if not add:
        raise SamuelError(
            f"{output}: holds a finished data set; expected an empty folder; name another output, "
            "or add add=true to put further songs into it, or overwrite=true to start over"
        )
    dataset = LatentDataset.open(output)
    written = {Path(shard.file).suffix for shard in dataset.shards}
    if written - {suffix}:
        raise SamuelError(
            f"{output}: its shards end in {written.pop()}; found a format that writes {suffix}; "
            "add with the format it was made in, or name another output"
        )
    unlike = dataset.codec_identity.difference(codec.identity)
    if unlike:
        raise SamuelError(
            f"{output}: encoded by another codec ({unlike}); expected this one's latents; choose "
            "the codec it was made with, or name another output"
        )
    wanted = tuple(repr(augmentation) for augmentation in augmentations)
    if dataset.augmentations != wanted:
        raise SamuelError(
            f"{output}: made with the augmentations {list(dataset.augmentations)}; found "
            f"{list(wanted)}; choose the same ones, or name another output"
        )
    return dataset


def clear(output: Path, known: LatentDataset | None, start_over: bool) -> None:
    """Remove what an interrupted or an earlier call has left, but for finished songs."""
    stay = {DESCRIPTION, INDEX, *(shard.file for shard in known.shards)} if known else set()
    for path in sorted(output.iterdir()):
        if path.name == PARTIAL:
            for song in path.glob("*.safetensors*") if start_over else ():
                song.unlink()
        elif _OURS.fullmatch(path.name) and path.name not in stay | {CHECK}:
            path.unlink()


class FolderInUseError(SamuelError):
    """Another process encodes into the folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else encodes in the folder meanwhile; a killed process holds no lock.

    Raises:
        FolderInUseError: somebody else does.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise FolderInUseError(
            f"{folder.parent}: another samuel-encode is writing to it; expected a folder of its "
            "own; wait for the other one or name another output"
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def disk_told(output: Path) -> Iterator[None]:
    """Say in one line that a disk is full or closed; what is finished is kept."""
    try:
        yield
    except OSError as error:
        raise SamuelError(
            f"{error.filename or output}: {error.strerror or error}; expected a folder that can be "
            "written to, with room; mend that and start again: finished songs are kept"
        ) from error
