"""Crops of many songs at once, as the network wants them."""

import weakref
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.shards import LatentDataset, LatentSong, vocal_tensor
from samuel_gen.diffusion.denoiser import Latents, Vocal


@dataclass(frozen=True)
class Place:
    """Where a crop lies: frames `start` up to, not including, `stop` of a song."""

    song: int
    start: int
    stop: int
    version: int = 0

    @property
    def frames(self) -> int:
        """How many there are."""
        return self.stop - self.start


@runtime_checkable
class SongReader(Protocol):
    """The songs of one split, read piece by piece and normalised, from several threads at once."""

    @property
    def lengths(self) -> Sequence[int]:
        """Frames of each song."""

    @property
    def versions(self) -> Sequence[int]:
        """Of each song, how many encodings of its voice there are; number 0 is the original."""

    def read(self, places: Sequence[Place], frames: int) -> tuple[Vocal, Latents]:
        """Voices and bands of the crops there, with zeros after each up to `frames` frames."""

    def sung(self, place: Place) -> float:
        """How much of the crop there is sung, from 0 to 1."""


Rows = NDArray[np.float16]
ReadRows = Callable[[int, Place, str, Rows], None]  # fills the rows of one tensor of crop n


class ShardReader:
    """One split of a data set on disk.

    Args:
        dataset: the data set.
        songs: those of the split.
    """

    def __init__(self, dataset: LatentDataset, songs: Sequence[LatentSong]) -> None:
        self.dataset = dataset
        self.songs = songs
        self.lengths = [song.frames for song in songs]
        self.versions = [song.versions for song in songs]
        self._blocks = _Blocks()

    def read(self, places: Sequence[Place], frames: int) -> tuple[Vocal, Latents]:
        """Voices and bands of the crops there; see `SongReader`."""
        return self._batch(places, frames, self._read_rows)

    def sung(self, place: Place) -> float:
        """How much of the crop there is sung; see `SongReader`."""
        rows = np.empty((place.frames, 1), np.float16)
        self.dataset.read_rows(self.songs[place.song], "activity", place.start, rows)
        return float(rows.mean(dtype=np.float32))

    def _read_rows(self, number: int, place: Place, tensor: str, rows: Rows) -> None:
        self.dataset.read_rows(self.songs[place.song], tensor, place.start, rows)

    def _batch(
        self, places: Sequence[Place], frames: int, read_rows: ReadRows
    ) -> tuple[Vocal, Latents]:
        voices = [vocal_tensor(place.version) for place in places]
        given = torch.ones(len(places), dtype=torch.bool)
        vocal = Vocal(
            self._crops(places, frames, read_rows, voices, self.dataset.vocal_normaliser),
            self._crops(places, frames, read_rows, ["melody"] * len(places)),
            latents_given=given,
            melody_given=given.clone(),
        )
        bands = ["accompaniment"] * len(places)
        normaliser = self.dataset.accompaniment_normaliser
        return vocal, self._crops(places, frames, read_rows, bands, normaliser)

    def _crops(
        self,
        places: Sequence[Place],
        frames: int,
        read_rows: ReadRows,
        tensors: Sequence[str],
        normaliser: LatentNormaliser | None = None,
    ) -> Latents:
        """One tensor of each song, cut out there; each stays in the cache until it is in place."""
        width = self.dataset.width(tensors[0])
        half, rows = np.empty((frames, width), np.float16), torch.empty(frames, width)
        if normaliser is not None:
            gain, shift = 1 / normaliser.scale, -normaliser.mean / normaliser.scale
        batch = self._blocks.empty((len(places), width, frames))
        for number, place in enumerate(places):
            crop, valid = batch[number], place.frames
            read_rows(number, place, tensors[number], half[:valid])
            rows.copy_(torch.from_numpy(half))
            if normaliser is not None:
                torch.addcmul(shift, rows, gain, out=rows)
            crop[:, :valid] = rows[:valid].numpy().T  # numpy turns it round faster than torch
            crop[:, valid:] = 0
        return torch.from_numpy(batch)


class _Blocks:
    """Memory for batches, given again once nobody holds it: fresh pages cost more than filling."""

    def __init__(self) -> None:
        self._free: defaultdict[tuple[int, ...], list[NDArray[np.float32]]] = defaultdict(list)

    def empty(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """An array of this shape; whoever keeps a tensor of it keeps it from being used again."""
        free = self._free[shape]
        try:
            block = free.pop()
        except IndexError:
            block = np.empty(shape, np.float32)
        view = block.view()
        weakref.finalize(view, free.append, block).atexit = False
        return view
