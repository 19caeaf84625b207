"""Which frames of which song come next, as pure functions of seed, epoch and index."""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from torch.utils.data import Dataset, DistributedSampler

from samuel_gen.data.shards import LatentSlice


@runtime_checkable
class SongReader(Protocol):
    """The songs of one split, read piece by piece and normalised."""

    @property
    def lengths(self) -> Sequence[int]:
        """Frames of each song."""

    def read(self, song: int, start: int, stop: int) -> LatentSlice:
        """Frames `start` up to, not including, `stop`, as the network wants them."""


class RandomCrops(Dataset[LatentSlice]):
    """Crops at random places: item `epoch * len(self) + i` is crop i of that epoch.

    Nothing but seed and index decides where a crop lies, so a resumed run sees the very same
    crops, whatever else has drawn random numbers and in whichever process. A song shorter than
    the crop comes whole.

    Args:
        reader: the songs.
        crop_frames: the length of a crop.
        crops_per_song: of each song in one epoch.
        seed: another seed, other places.
    """

    def __init__(
        self, reader: SongReader, crop_frames: int, crops_per_song: int, seed: int = 0
    ) -> None:
        self.reader = reader
        self.crop_frames = crop_frames
        self.crops_per_song = crops_per_song
        self.seed = seed

    def __len__(self) -> int:
        return len(self.reader.lengths) * self.crops_per_song

    def place(self, index: int) -> tuple[int, int]:
        """Song and first frame of the crop at `index`."""
        song = index % len(self) // self.crops_per_song
        latest = max(0, self.reader.lengths[song] - self.crop_frames)
        return song, int(np.random.default_rng((self.seed, index)).integers(latest + 1))

    def __getitem__(self, index: int) -> LatentSlice:
        song, start = self.place(index)
        stop = min(start + self.crop_frames, self.reader.lengths[song])
        return self.reader.read(song, start, stop)


class WindowCrops(Dataset[LatentSlice]):
    """The same crops every time: windows side by side, at most `most` of a song, evenly spaced.

    Args:
        reader: the songs.
        crop_frames: the length of a window; what is left at the end of a song is not used, but a
            song shorter than a window comes whole.
        most: windows per song.
    """

    def __init__(self, reader: SongReader, crop_frames: int, most: int) -> None:
        self.reader = reader
        self.crop_frames = crop_frames
        self.places: list[tuple[int, int]] = []
        for song, length in enumerate(reader.lengths):
            windows = max(1, length // crop_frames)
            chosen = np.linspace(0, windows - 1, min(windows, most)).round().astype(int)
            self.places += [(song, int(window) * crop_frames) for window in chosen]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> LatentSlice:
        song, start = self.places[index]
        stop = min(start + self.crop_frames, self.reader.lengths[song])
        return self.reader.read(song, start, stop)


class CropSampler(DistributedSampler[int]):
    """The order of an epoch's crops, shuffled by seed and epoch, shared out among processes.

    It hands the epoch on in the index, so that loader processes that live on know it too.
    Lightning calls `set_epoch` and leaves a sampler of this class alone.
    """

    def __iter__(self) -> Iterator[int]:
        assert isinstance(self.dataset, RandomCrops)
        first = self.epoch * len(self.dataset)
        return (first + index for index in super().__iter__())
