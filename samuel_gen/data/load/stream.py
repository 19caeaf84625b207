"""The data module of songs in an object store or a shared folder, read through litdata."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.contents import CHUNK_SUFFIX, SHEET_TENSORS, LatentSong, vocal_tensor
from samuel_gen.data.description import DESCRIPTION
from samuel_gen.data.encode.shard_formats import INDEX, import_litdata
from samuel_gen.data.load.datamodule import LatentDataModule
from samuel_gen.data.load.reader import Place, Rows, ShardReader
from samuel_gen.data.shards import LatentDataset
from samuel_gen.diffusion.denoiser import Latents, Vocal
from samuel_gen.errors import SamuelError

_AT_ONCE = 16  # crops of a batch that are fetched at the same time
_ACTIVITIES = 100_000  # songs whose activity is cached: 2 kB for 48 s


class StreamDataModule(LatentDataModule):
    """Crops of a data set that `samuel-encode format=litdata` wrote and that may lie anywhere.

    Only the crops and the activity of the vocals are copied to this machine. Order, positions and
    resuming are those of `LatentDataModule`, item for item.

    Args:
        root: a folder, or a URL that litdata reads, such as `s3://bucket/songs`.
        batch_size: the number of crops per batch.
        crop_frames: the length of a crop in latent frames; shorter songs are padded with zeros.
        crops_per_song: the number of random crops of each training song in an epoch.
        validation_crops: the largest number of windows of each validation and test song.
        num_workers: the number of threads that read ahead; 0 reads each batch on request.
        seed: the seed of the order and the positions of crops.
        min_sung_share: the share of its frames that should be sung in a training crop, 0 to 1.
        codec: if it is given, the data set must be this codec's.
        storage_options: options of the store's client, such as `endpoint_url` for S3.
    """

    def __init__(
        self,
        root: str,
        batch_size: int = 32,
        crop_frames: int = 256,
        crops_per_song: int = 8,
        validation_crops: int = 4,
        num_workers: int = 4,
        seed: int = 0,
        min_sung_share: float = 0.25,
        codec: LatentCodec | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            root,
            batch_size=batch_size,
            crop_frames=crop_frames,
            crops_per_song=crops_per_song,
            validation_crops=validation_crops,
            num_workers=num_workers,
            seed=seed,
            min_sung_share=min_sung_share,
            codec=codec,
        )
        self.url = str(root)
        self.storage_options = dict(storage_options or {})
        self._stream: Any = None

    def open_dataset(self) -> LatentDataset:
        """Fetch the description of the data set, and open it.

        Raises:
            SamuelError: there is no data set, or it has another format.
        """
        if not re.match(r"\w{2,}:", self.url):  # a scheme, not the letter of a drive
            return _require_chunks(LatentDataset.open(self.root), self.url)
        with tempfile.TemporaryDirectory() as folder:
            _fetch_file(self.url, DESCRIPTION, Path(folder), self.storage_options)
            return _require_chunks(LatentDataset.open(folder, check_shards=False), self.url)

    def make_reader(self, dataset: LatentDataset, songs: Sequence[LatentSong]) -> ShardReader:
        """Return the reader of these songs of the data set."""
        if self._stream is None:
            self._stream = import_litdata().StreamingDataset(
                self.url, storage_options=self.storage_options
            )
            # The first read opens the stream, which threads must not do at the same time.
            _read_window(self._stream, self.url, 0, 0, 1, ["activity"])
        return StreamReader(dataset, songs, self.url, self._stream)


class StreamReader(ShardReader):
    """One split of a data set in any place that litdata reads.

    Args:
        dataset: the data set's description.
        songs: the songs of the split.
        url: the place of the data set, for messages.
        stream: litdata's `StreamingDataset` of it, already opened.
    """

    def __init__(
        self, dataset: LatentDataset, songs: Sequence[LatentSong], url: str, stream: Any
    ) -> None:
        super().__init__(dataset, songs)
        self.url = url
        shards = {shard.file: number for number, shard in enumerate(dataset.shards)}
        written = sorted(dataset.songs, key=lambda song: (shards[song.shard], song.index))
        records = {song.index: number for number, song in enumerate(written)}
        self._records = [records[song.index] for song in songs]
        self._stream = stream
        self._activity = lru_cache(_ACTIVITIES)(self._fetch_activity)
        self._pool = ThreadPoolExecutor(_AT_ONCE)

    def read(self, places: Sequence[Place], frames: int) -> tuple[Vocal, Latents]:
        """Read vocals and accompaniments at these places, padded with zeros to `frames` frames."""
        windows = list(self._pool.map(self._fetch_window, places))

        def fill_rows(number: int, place: Place, tensor: str, rows: Rows) -> None:
            rows[:] = windows[number].get(tensor, 0)

        return self._read_batch(places, frames, fill_rows)

    def sung_share(self, place: Place) -> float:
        """Return the share of the crop that is sung, from 0 to 1."""
        rows = self._activity(place.song)[place.start : place.stop]
        return float(rows.mean(dtype=np.float32))

    def _fetch_activity(self, song: int) -> Rows:
        return self._fetch_rows(song, 0, self.lengths[song], ["activity"])["activity"]

    def _fetch_window(self, place: Place) -> dict[str, Rows]:
        names = [vocal_tensor(place.version), "accompaniment", "melody"]
        names += SHEET_TENSORS if self.songs[place.song].has_sheet else ()
        return self._fetch_rows(place.song, place.start, place.frames, names)

    def _fetch_rows(
        self, song: int, start: int, frames: int, names: Sequence[str]
    ) -> dict[str, Rows]:
        where = f"{self.url}/{self.songs[song].shard}"
        return _read_window(self._stream, where, self._records[song], start, frames, names)


def _read_window(
    stream: Any, where: str, record: int, start: int, frames: int, names: Sequence[str]
) -> dict[str, Rows]:
    try:
        rows: dict[str, Rows] = stream.read_window(record, start, frames, names)
    except Exception as error:
        raise SamuelError(
            f"{where}: this chunk cannot be read ({error}); check the connection, or copy the data "
            "set there again"
        ) from error
    return rows


def _require_chunks(dataset: LatentDataset, url: str) -> LatentDataset:
    suffixes = {shard.file: Path(shard.file).suffix for shard in dataset.shards}
    other = next((file for file, suffix in suffixes.items() if suffix != CHUNK_SUFFIX), None)
    if other is not None:
        raise SamuelError(
            f"{url}: {other} cannot be streamed; encode with format=litdata, or read the data set "
            "with data=latents"
        )
    return dataset


def _fetch_file(url: str, name: str, folder: Path, storage_options: Mapping[str, Any]) -> None:
    import_litdata()
    from litdata.streaming.downloader import get_downloader

    try:
        downloader = get_downloader(url, str(folder), [], dict(storage_options))
        downloader.download_file(f"{url.rstrip('/')}/{name}", str(folder / name))
    except Exception as error:
        raise SamuelError(
            f"{url}/{name}: cannot be fetched ({error}); check data.root, the connection and "
            f"data.storage_options. {INDEX} and the chunks must lie beside it, as samuel-encode "
            "format=litdata writes them"
        ) from error
