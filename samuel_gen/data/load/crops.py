"""Positions of crops as pure functions of seed, epoch and index, and the batches of them."""

from collections.abc import Sequence
from random import Random

import numpy as np
import torch

from samuel_gen.data.load.batch import LatentBatch, ValidationBatch
from samuel_gen.data.load.loader import Share
from samuel_gen.data.load.reader import Place, SongReader

CANDIDATES = 4  # positions that are drawn for a random crop


class RandomCrops:
    """Crops at random positions: item `epoch * len(self) + i` is crop i of that epoch.

    A crop's position depends on seed and index only. A resumed run therefore sees exactly the same
    crops, regardless of other random draws and of the process that reads them. A song that is
    shorter than a crop is used whole.

    Args:
        reader: the songs.
        crop_frames: the length of a crop in latent frames.
        crops_per_song: the number of crops of each song in one epoch.
        seed: the seed of the positions.
        min_sung_share: draw CANDIDATES positions and take the first with at least this share of
            sung frames, else the one with the largest share; 0 takes the first.
    """

    def __init__(
        self,
        reader: SongReader,
        crop_frames: int,
        crops_per_song: int,
        seed: int = 0,
        min_sung_share: float = 0.0,
    ) -> None:
        self.reader = reader
        self.crop_frames = crop_frames
        self.crops_per_song = crops_per_song
        self.seed = seed
        self.min_sung_share = min_sung_share

    def __len__(self) -> int:
        return len(self.reader.lengths) * self.crops_per_song

    def place(self, index: int) -> Place:
        """Return the position of the crop at `index`, and the version of its vocal."""
        song = index % len(self) // self.crops_per_song
        length = self.reader.lengths[song]
        frames = min(self.crop_frames, length)
        rng = Random(f"{self.seed}/{index}")
        starts = [rng.randrange(length - frames + 1) for _ in range(CANDIDATES)]
        version = rng.randrange(self.reader.versions[song])
        places = [Place(song, start, start + frames, version) for start in starts]
        if self.min_sung_share <= 0 or frames == length:
            return places[0]
        return self._choose_sung_place(places)

    def _choose_sung_place(self, places: Sequence[Place]) -> Place:
        shares = []
        for place in places:
            shares.append(self.reader.sung_share(place))
            if shares[-1] >= self.min_sung_share:
                return place
        return places[shares.index(max(shares))]

    def __getitem__(self, share: Share) -> LatentBatch:
        places = [self.place(index) for index in share.items]
        return _read_batch(self.reader, places, self.crop_frames, share)


class WindowCrops:
    """The same crops every time: adjacent windows, at most `max_windows` of a song, evenly spaced.

    Args:
        reader: the songs.
        crop_frames: the length of a window in latent frames. An incomplete window at the end of a
            song is not used, but a song that is shorter than a window is used whole.
        max_windows: the largest number of windows per song.
    """

    def __init__(self, reader: SongReader, crop_frames: int, max_windows: int) -> None:
        self.reader = reader
        self.crop_frames = crop_frames
        self.places: list[Place] = []
        for song, length in enumerate(reader.lengths):
            count = max(1, length // crop_frames)
            for window in np.linspace(0, count - 1, min(count, max_windows)).round().astype(int):
                start = int(window) * crop_frames
                self.places.append(Place(song, start, min(start + crop_frames, length)))

    def __len__(self) -> int:
        return len(self.places)

    def other_place(self, index: int) -> Place:
        """Return a window of another song, the first from half the split further on.

        In a split of one song it is a window of that song.
        """
        count = len(self.places)
        further = (index + count // 2 + step for step in range(count))
        song = self.places[index].song
        places = (self.places[number % count] for number in further)
        return next((place for place in places if place.song != song), self.places[index - 1])

    def __getitem__(self, share: Share) -> ValidationBatch:
        own = [self.places[index] for index in share.items]
        batch = _read_batch(self.reader, own, self.crop_frames, share)
        others = [self.other_place(index) for index in share.items]
        other_vocal, _ = self.reader.read(others, self.crop_frames)
        return ValidationBatch(**vars(batch), other_vocal=other_vocal)


def _read_batch(
    reader: SongReader, places: Sequence[Place], frames: int, share: Share
) -> LatentBatch:
    vocal, accompaniment = reader.read(places, frames)
    valid_frames = torch.tensor([place.frames for place in places])
    index = torch.tensor(share.items)
    return LatentBatch(vocal, accompaniment, valid_frames, index, share.global_items)
