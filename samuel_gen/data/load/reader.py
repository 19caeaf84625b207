"""Readers of crops: many songs' latents at once, normalised for the network."""

import weakref
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.contents import SHEET_TENSORS, LatentSong, vocal_tensor
from samuel_gen.data.shards import LatentDataset
from samuel_gen.diffusion.denoiser import Latents, Vocal
from samuel_gen.lead_sheet.style import style_number


@dataclass(frozen=True)
class Place:
    """The position of a crop: frames `start` up to, not including, `stop` of a song.

    Attributes:
        song: the number of the song in its reader.
        start, stop: latent frames.
        version: the version of the vocal; 0 is the original.
    """

    song: int
    start: int
    stop: int
    version: int = 0

    @property
    def frames(self) -> int:
        """The length in latent frames."""
        return self.stop - self.start


@runtime_checkable
class SongReader(Protocol):
    """The songs of one split, read crop by crop and normalised, from several threads at once."""

    @property
    def lengths(self) -> Sequence[int]:
        """The length of each song in latent frames."""

    @property
    def versions(self) -> Sequence[int]:
        """The number of versions of each song's vocal; version 0 is the original."""

    def read(self, places: Sequence[Place], frames: int) -> tuple[Vocal, Latents]:
        """Read vocals and accompaniments at these places, padded with zeros to `frames` frames."""

    def sung_share(self, place: Place) -> float:
        """Return the share of the crop that is sung, from 0 to 1."""


Rows = NDArray[np.float16]
FillRows = Callable[[int, Place, str, Rows], None]  # fills the rows of one tensor of crop n


class ShardReader:
    """One split of a data set on disk.

    Args:
        dataset: the data set.
        songs: the songs of the split.
    """

    def __init__(self, dataset: LatentDataset, songs: Sequence[LatentSong]) -> None:
        self.dataset = dataset
        self.songs = songs
        self.lengths = [song.frames for song in songs]
        self.versions = [song.versions for song in songs]
        self._memory = _BatchMemory()

    def read(self, places: Sequence[Place], frames: int) -> tuple[Vocal, Latents]:
        """Read vocals and accompaniments at these places, padded with zeros to `frames` frames."""
        return self._read_batch(places, frames, self._fill_rows)

    def sung_share(self, place: Place) -> float:
        """Return the share of the crop that is sung, from 0 to 1."""
        rows = np.empty((place.frames, 1), np.float16)
        self.dataset.fill_rows(self.songs[place.song], "activity", place.start, rows)
        return float(rows.mean(dtype=np.float32))

    def _fill_rows(self, number: int, place: Place, tensor: str, rows: Rows) -> None:
        if tensor in SHEET_TENSORS and not self.songs[place.song].has_sheet:
            rows[:] = 0
            return
        self.dataset.fill_rows(self.songs[place.song], tensor, place.start, rows)

    def _read_batch(
        self, places: Sequence[Place], frames: int, fill_rows: FillRows
    ) -> tuple[Vocal, Latents]:
        vocals = [vocal_tensor(place.version) for place in places]
        songs = [self.songs[place.song] for place in places]
        styles = [style_number(song.style) for song in songs]
        given = torch.ones(len(places), dtype=torch.bool)
        has_sheet = torch.tensor([song.has_sheet for song in songs])
        vocal = Vocal(
            self._read_crops(places, frames, fill_rows, vocals, self.dataset.vocal_normaliser),
            self._read_crops(places, frames, fill_rows, ["melody"] * len(places)),
            latents_given=given,
            melody_given=given.clone(),
            chords=self._read_crops(places, frames, fill_rows, ["chords"] * len(places)),
            beats=self._read_crops(places, frames, fill_rows, ["beats"] * len(places)),
            style=torch.tensor([style or 0 for style in styles]),
            chords_given=has_sheet,
            beats_given=has_sheet.clone(),
            style_given=torch.tensor([style is not None for style in styles]),
        )
        accompaniments = ["accompaniment"] * len(places)
        normaliser = self.dataset.accompaniment_normaliser
        return vocal, self._read_crops(places, frames, fill_rows, accompaniments, normaliser)

    def _read_crops(
        self,
        places: Sequence[Place],
        frames: int,
        fill_rows: FillRows,
        tensors: Sequence[str],
        normaliser: LatentNormaliser | None = None,
    ) -> Latents:
        """Read one tensor at each place.

        Each crop is normalised and transposed before the next is read, while it is in the cache.
        """
        width = self.dataset.width(tensors[0])
        half, rows = np.empty((frames, width), np.float16), torch.empty(frames, width)
        if normaliser is not None:
            gain, shift = 1 / normaliser.scale, -normaliser.mean / normaliser.scale
        batch = self._memory.allocate((len(places), width, frames))
        for number, place in enumerate(places):
            crop, valid = batch[number], place.frames
            fill_rows(number, place, tensors[number], half[:valid])
            rows.copy_(torch.from_numpy(half))
            if normaliser is not None:
                torch.addcmul(shift, rows, gain, out=rows)
            crop[:, :valid] = rows[:valid].numpy().T  # numpy transposes faster than torch
            crop[:, valid:] = 0
        return torch.from_numpy(batch)


class _BatchMemory:
    """Memory for batches, reused once it is free: fresh pages cost more than filling them."""

    def __init__(self) -> None:
        self._free: defaultdict[tuple[int, ...], list[NDArray[np.float32]]] = defaultdict(list)

    def allocate(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return an array of this shape. It is reused when no tensor refers to it any more."""
        free = self._free[shape]
        try:
            block = free.pop()
        except IndexError:
            block = np.empty(shape, np.float32)
        view = block.view()
        weakref.finalize(view, free.append, block).atexit = False
        return view
