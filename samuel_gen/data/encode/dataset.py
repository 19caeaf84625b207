"""From songs to a latent data set, over all cores, going on where it was interrupted."""

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
from samuel_gen.data.encode.folder import CHECK, PARTIAL, clear, disk_told, known_dataset, locked
from samuel_gen.data.encode.progress import encoding_bar
from samuel_gen.data.encode.shard_formats import ShardFormat, shard_format
from samuel_gen.data.encode.song import SongFacts, origin
from samuel_gen.data.encode.workers import Encoder, Job, encode_all
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.sources.song import Source
from samuel_gen.data.splitting import SHARES
from samuel_gen.errors import SamuelError

log = logging.getLogger(__name__)

_SKIPPED = "skipped.csv"


@dataclass(frozen=True)
class EncodeSummary:
    """What became of the songs.

    Args:
        songs: how many were encoded, in this call or an interrupted one before.
        already: how many of the source were in the data set before (with `add`).
        skipped: names of those left out, and why.
        hours: of audio, of the songs encoded.
        path: the data set's folder.
    """

    songs: int
    already: int
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
    overwrite: bool = False,
    add: bool = False,
    progress: bool = True,
    on_check: Callable[[str], None] | None = None,
) -> EncodeSummary:
    """Encode every song of a source into a folder that `LatentDataset.open` reads.

    Interrupted, it goes on where it stopped when it is called again. A song that cannot be used
    is left out, logged, and named in `skipped.csv`. The bytes do not depend on `workers`.

    Args:
        source: the songs; their items travel to other processes.
        codec: travels there too.
        output: a new folder, or one in which an earlier call was interrupted.
        workers: processes; None is one per core, 1 stays in this process.
        shares: of the training, validation and test split, by the songs' content.
        augmentations: each gives one more version of every voice.
        format: of the shards, one of FORMATS; "litdata" can be streamed from an object store.
        overwrite: start over where there is a finished data set; files of others stay.
        add: put the songs that a finished data set lacks into it. What is there stays as it is.
        progress: show a bar with songs per second, hours of audio and the time left.
        on_check: where given, the first song is encoded, decoded and measured before the others
            (`check_codec`), and this is called with the figures.

    Raises:
        FolderInUseError: another encoder is at work in the folder.
        SamuelError: it holds something else or a finished data set, it cannot be written to, no
            song can be used, or a worker process died.
    """
    output = Path(output)
    layout = shard_format(format)
    with disk_told(output):
        # Twice: before anything is touched, and when nobody else can change it any more.
        known_dataset(output, codec, augmentations, overwrite, add, layout.suffix)
        with locked(output / PARTIAL):
            known = known_dataset(output, codec, augmentations, overwrite, add, layout.suffix)
            clear(output, known, overwrite and not add)
            _ = codec.context_frames  # a codec that cannot be loaded fails here, not at each song
            if on_check is not None:
                on_check(check_codec(source, codec, output / CHECK))
            encoder = Encoder(codec, augmentations)
            return _encode(source, encoder, output, workers, shares, known, layout, progress)


def _encode(
    source: Source,
    encoder: Encoder,
    output: Path,
    workers: int | None,
    shares: Sequence[float],
    known: LatentDataset | None,
    layout: ShardFormat,
    progress: bool,
) -> EncodeSummary:
    codec = encoder.codec
    settled = {song.origin for song in known.songs} if known else set()
    files: list[EncodedFile] = []
    items = []
    every = source.songs()
    for item in every:
        digest = origin(item, codec, encoder.augmentations)
        if digest not in settled:
            path = output / PARTIAL / f"{digest}.safetensors"
            files.append(EncodedFile(item.name, item.split, digest, path))
            items.append(item)
    already = len(every) - len(items)
    waiting = [at for at, file in enumerate(files) if SongFacts.load(file.path) is None]
    if len(waiting) < len(files):
        log.info("%d of %d songs are encoded already", len(files) - len(waiting), len(files))
    jobs = (Job(at, items[at], files[at].path) for at in waiting)
    reasons: dict[int, str] = {}
    seconds = codec.hop_length / codec.sample_rate
    with encoding_bar(len(waiting), progress) as advance:
        workers = min(workers or os.cpu_count() or 1, max(1, len(waiting)))
        for result in encode_all(jobs, encoder, workers):
            if result.reason is not None:
                reasons[result.number] = result.reason
                log.warning("left out: %s", result.reason)
            advance(result.frames * seconds / 3600)
    skipped = [(files[at].name, reasons[at]) for at in sorted(reasons)]
    _write_skipped(output, skipped)
    files = [file for at, file in enumerate(files) if at not in reasons]
    if known:
        there = {(s.name, s.vocal_content, s.accompaniment_content) for s in known.songs}
        fresh = [file for file in files if _identity(file) not in there]
        already += len(files) - len(fresh)
        files = fresh
    if not files and not already:
        raise SamuelError(
            f"{output}: none of {len(items)} songs could be encoded; expected at least one; the "
            f"first was left out because of this: {skipped[0][1]}"
        )
    dataset, refused = assemble(
        files,
        codec.identity,
        output,
        shares,
        [repr(augmentation) for augmentation in encoder.augmentations],
        known,
        layout,
    )
    for _, reason in refused:
        log.warning("left out: %s", reason)
    skipped += refused
    _write_skipped(output, skipped)
    shutil.rmtree(output / PARTIAL)
    new = dataset.songs[len(known.songs) if known else 0 :]
    hours = sum(song.frames for song in new) * seconds / 3600
    return EncodeSummary(len(new), already, skipped, hours, output)


def _identity(file: EncodedFile) -> tuple[str, str, str]:
    """What tells whether this very song is there already, encoded from other files."""
    facts = file.facts()
    return file.name, facts.vocal_content, facts.accompaniment_content


def _write_skipped(output: Path, skipped: Sequence[tuple[str, str]]) -> None:
    """Write `skipped.csv`, the songs left out and why; none left out, no file."""
    path = output / _SKIPPED
    if not skipped:
        path.unlink(missing_ok=True)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("name", "reason"), *skipped])
