"""Encoding of all songs of a source into a data set, on all cores and resumable."""

import csv
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from samuel_gen.audio.augmentation import Augmentation
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.encode.assembly import EncodedFile, assemble
from samuel_gen.data.encode.codec_check import check_codec
from samuel_gen.data.encode.folder import (
    CHECK,
    PARTIAL,
    Existing,
    explain_disk_errors,
    lock_folder,
    open_existing,
    remove_leftovers,
)
from samuel_gen.data.encode.progress import show_encoding_bar
from samuel_gen.data.encode.shard_formats import ShardFormat, get_shard_format
from samuel_gen.data.encode.song import SongFacts, digest_origin
from samuel_gen.data.encode.workers import Encoder, Job, encode_all
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.sources.song import SongItem, Source
from samuel_gen.data.splitting import SHARES
from samuel_gen.errors import SamuelError

log = logging.getLogger(__name__)

_SKIPPED = "skipped.csv"


@dataclass(frozen=True)
class EncodeSummary:
    """The outcome of an encode.

    Attributes:
        songs: the number of songs that were encoded, in this call or in an interrupted one before.
        already_there: the number of the source's songs that the extended data set already held.
        skipped: name and reason for each song that was left out.
        hours: the total duration of the encoded songs, in hours.
        path: the data set's folder.
    """

    songs: int
    already_there: int
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
    augmentations: Sequence[Augmentation] = (),
    format: str = "safetensors",
    existing: Existing = "refuse",
    progress: bool = True,
    on_check: Callable[[str], None] | None = None,
) -> EncodeSummary:
    """Encode every song of a source into a folder that `LatentDataset.open` reads.

    If it is interrupted, the same call resumes it. A song that cannot be used is left out, logged,
    and listed in `skipped.csv`. The bytes do not depend on `workers`.

    Args:
        source: the songs; its items must be picklable.
        codec: the codec that encodes them; it must be picklable.
        output: a new folder, or one in which an earlier call was interrupted.
        workers: the number of processes; None is one per core, 1 stays in this process.
        shares: the share of songs for the training, validation and test split.
        augmentations: each gives one more version of every vocal.
        format: the format of the shards, one of FORMATS; "litdata" can be streamed from an object
            store.
        existing: the treatment of a finished data set in the folder: "refuse" leaves it alone and
            fails, "extend" adds the songs that it lacks, "replace" starts over. Files that do not
            belong to a data set stay in any case.
        progress: show a bar with songs per second, hours of audio and the time left.
        on_check: if given, the first song is encoded, decoded and measured before the others
            (`check_codec`), and this is called with the figures.

    Raises:
        FolderInUseError: another encoder is writing to the folder.
        SamuelError: the folder holds other files or a finished data set, it cannot be written to,
            no song can be used, or a worker process died.
    """
    output = Path(output)
    shard_format = get_shard_format(format)
    folder = (output, codec, augmentations, existing, shard_format.suffix)
    with explain_disk_errors(output):
        # Checked twice: before anything is touched, and under the lock, when nobody can change it.
        open_existing(*folder)
        with lock_folder(output / PARTIAL):
            dataset = open_existing(*folder)
            remove_leftovers(output, dataset, start_over=existing == "replace")
            _ = codec.context_frames  # a codec that cannot be loaded fails here, not at each song
            if on_check is not None:
                on_check(check_codec(source, codec, output / CHECK))
            encoder = Encoder(codec, augmentations)
            return _encode(
                source, encoder, output, workers, shares, dataset, shard_format, progress
            )


def _encode(
    source: Source,
    encoder: Encoder,
    output: Path,
    workers: int | None,
    shares: Sequence[float],
    dataset: LatentDataset | None,
    shard_format: ShardFormat,
    progress: bool,
) -> EncodeSummary:
    """Encode the songs that the folder lacks, and assemble the data set."""
    all_items = source.songs()
    items, files = _list_new_songs(all_items, encoder, output, dataset)
    reasons = _encode_files(items, files, encoder, workers, progress)
    skipped = [(files[number].name, reasons[number]) for number in sorted(reasons)]
    _write_skipped(output, skipped)
    encoded = [file for number, file in enumerate(files) if number not in reasons]
    files = _drop_known_audio(encoded, dataset)
    already_there = len(all_items) - len(items) + len(encoded) - len(files)
    if not files and not already_there:
        raise SamuelError(
            f"{output}: none of {len(items)} songs could be encoded; the first was left out for "
            f"this reason: {skipped[0][1]}"
        )
    result, refused = assemble(
        files,
        encoder.codec.identity,
        output,
        shares,
        [augmentation.describe() for augmentation in encoder.augmentations],
        dataset,
        shard_format,
    )
    for _, reason in refused:
        log.warning("left out: %s", reason)
    skipped += refused
    _write_skipped(output, skipped)
    shutil.rmtree(output / PARTIAL)
    new = result.songs[len(dataset.songs) if dataset else 0 :]
    hours = _hours(sum(song.frames for song in new), encoder.codec)
    return EncodeSummary(len(new), already_there, skipped, hours, output)


def _list_new_songs(
    items: Sequence[SongItem], encoder: Encoder, output: Path, dataset: LatentDataset | None
) -> tuple[list[SongItem], list[EncodedFile]]:
    """Return the items that the data set lacks, and the files that they are encoded to."""
    known = {song.origin for song in dataset.songs} if dataset else set()
    new, files = [], []
    for item in items:
        origin = digest_origin(item, encoder.codec, encoder.augmentations)
        if origin not in known:
            path = output / PARTIAL / f"{origin}.safetensors"
            files.append(EncodedFile(item.name, item.split, origin, path))
            new.append(item)
    return new, files


def _encode_files(
    items: Sequence[SongItem],
    files: Sequence[EncodedFile],
    encoder: Encoder,
    workers: int | None,
    progress: bool,
) -> dict[int, str]:
    """Encode the songs whose files do not exist yet; return the reasons of those that fail."""
    waiting = [number for number, file in enumerate(files) if SongFacts.load(file.path) is None]
    if len(waiting) < len(files):
        log.info("%d of %d songs are encoded already", len(files) - len(waiting), len(files))
    jobs = (Job(number, items[number], files[number].path) for number in waiting)
    reasons: dict[int, str] = {}
    with show_encoding_bar(len(waiting), progress) as advance:
        workers = min(workers or os.cpu_count() or 1, max(1, len(waiting)))
        for result in encode_all(jobs, encoder, workers):
            if result.reason is not None:
                reasons[result.number] = result.reason
                log.warning("left out: %s", result.reason)
            for note in result.notes:
                log.warning("%s", note)
            advance(_hours(result.frames, encoder.codec))
    return reasons


def _drop_known_audio(
    files: Sequence[EncodedFile], dataset: LatentDataset | None
) -> list[EncodedFile]:
    """Drop songs that the data set holds already, encoded from other files with the same audio."""
    if dataset is None:
        return list(files)
    known = {(s.name, s.vocal_content, s.accompaniment_content) for s in dataset.songs}
    facts = [file.read_facts() for file in files]
    return [
        file
        for file, own in zip(files, facts, strict=True)
        if (file.name, own.vocal_content, own.accompaniment_content) not in known
    ]


def _hours(frames: int, codec: LatentCodec) -> float:
    return frames * codec.hop_length / codec.sample_rate / 3600


def _write_skipped(output: Path, skipped: Sequence[tuple[str, str]]) -> None:
    """Write `skipped.csv`, the songs left out and why; no file if none was left out."""
    path = output / _SKIPPED
    if not skipped:
        path.unlink(missing_ok=True)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("name", "reason"), *skipped])
