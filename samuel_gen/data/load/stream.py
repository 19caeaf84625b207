"""Songs that lie in an object store or a shared folder, cut out by litdata."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.description import DESCRIPTION
from samuel_gen.data.encode.shard_formats import INDEX, litdata
from samuel_gen.data.load.datamodule import LatentDataModule
from samuel_gen.data.load.reader import Place, Rows, ShardReader
from samuel_gen.data.shards import CHUNK, LatentDataset, LatentSong, vocal_tensor
from samuel_gen.diffusion.denoiser import Latents, Vocal
from samuel_gen.errors import SamuelError

_AT_ONCE = 16  # crops of a batch that are fetched side by side
_ACTIVITIES = 100_000  # songs whose activity is kept: 2 kB for 48 s


class StreamDataModule(LatentDataModule):
    """Crops of a data set that `samuel-encode format=litdata` wrote and somebody copied anywhere.

    Nothing is copied to this machine but the crops themselves and the voices' activity. Order,
    places and resuming are those of `LatentDataModule`, item for item.

    Args:
        root: a folder, or a URL that litdata reads, such as `s3://bucket/songs`.
        batch_size, crop_frames, crops_per_song, validation_crops, num_workers, seed, sung: see
            `CropDataModule`.
        codec: where it is given, the data set must be this codec's.
        storage_options: for the store's client, such as `endpoint_url` for S3.
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
        sung: float = 0.25,
        codec: LatentCodec | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            root,
            batch_size,
            crop_frames,
            crops_per_song,
            validation_crops,
            num_workers,
            seed,
            sung,
            codec=codec,
        )
        self.url = str(root)
        self.storage_options = dict(storage_options or {})
        self._stream: Any = None

    def dataset(self) -> LatentDataset:
        """The data set's description, fetched from where it lies.

        Raises:
            SamuelError: there is none, or one of another format.
        """
        if not re.match(r"\w{2,}:", self.url):  # a scheme, not the letter of a drive
            return _of_chunks(LatentDataset.open(self.root), self.url)
        with tempfile.TemporaryDirectory() as folder:
            _fetch(self.url, DESCRIPTION, Path(folder), self.storage_options)
            return _of_chunks(LatentDataset.open(folder, whole=False), self.url)

    def reader(self, dataset: LatentDataset, songs: Sequence[LatentSong]) -> ShardReader:
        """What cuts crops out of these songs."""
        if self._stream is None:
            self._stream = litdata().StreamingDataset(
                self.url, storage_options=self.storage_options
            )
            # Opened here, since threads must not do so side by side.
            _read(self._stream, self.url, 0, 0, 1, ["activity"])
        return StreamReader(dataset, songs, self.url, self._stream)


class StreamReader(ShardReader):
    """One split of a data set wherever litdata reads.

    Args:
        dataset: what is there.
        songs: those of the split.
        url: where it lies, for messages.
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
        """Voices and bands of the crops there; see `SongReader`."""
        windows = list(self._pool.map(self._window, places))

        def read_rows(number: int, place: Place, tensor: str, rows: Rows) -> None:
            rows[:] = windows[number][tensor]

        return self._batch(places, frames, read_rows)

    def sung(self, place: Place) -> float:
        """How much of the crop there is sung; see `SongReader`."""
        rows = self._activity(place.song)[place.start : place.stop]
        return float(rows.mean(dtype=np.float32))

    def _fetch_activity(self, song: int) -> Rows:
        return self._rows(song, 0, self.lengths[song], ["activity"])["activity"]

    def _window(self, place: Place) -> dict[str, Rows]:
        names = [vocal_tensor(place.version), "accompaniment", "melody"]
        return self._rows(place.song, place.start, place.frames, names)

    def _rows(self, song: int, start: int, frames: int, names: Sequence[str]) -> dict[str, Rows]:
        where = f"{self.url}/{self.songs[song].shard}"
        return _read(self._stream, where, self._records[song], start, frames, names)


def _read(
    stream: Any, where: str, record: int, start: int, frames: int, names: Sequence[str]
) -> dict[str, Rows]:
    try:
        found: dict[str, Rows] = stream.read_window(record, start, frames, names)
    except Exception as error:
        raise SamuelError(
            f"{where}: cannot be read ({error}); expected a chunk of latents; check the "
            "connection, or copy the data set there again"
        ) from error
    return found


def _of_chunks(dataset: LatentDataset, url: str) -> LatentDataset:
    other = next((s.file for s in dataset.shards if Path(s.file).suffix != CHUNK), None)
    if other is not None:
        raise SamuelError(
            f"{url}: holds {other}; expected chunks for streaming; encode with format=litdata, or "
            "read it with data=latents"
        )
    return dataset


def _fetch(url: str, name: str, folder: Path, storage_options: Mapping[str, Any]) -> None:
    litdata()
    from litdata.streaming.downloader import get_downloader

    try:
        downloader = get_downloader(url, str(folder), [], dict(storage_options))
        downloader.download_file(f"{url.rstrip('/')}/{name}", str(folder / name))
    except Exception as error:
        raise SamuelError(
            f"{url}/{name}: cannot be fetched ({error}); expected what samuel-encode "
            f"format=litdata wrote, {INDEX} and chunks beside it; check data.root, the connection "
            "and data.storage_options"
        ) from error
