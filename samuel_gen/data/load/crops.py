"""Which frames of which song come next, as pure functions of seed, epoch and index."""

from collections.abc import Sequence
from random import Random

import numpy as np
import torch

from samuel_gen.data.load.batch import LatentBatch, ValidationBatch
from samuel_gen.data.load.loader import Share
from samuel_gen.data.load.reader import Place, SongReader

CANDIDATES = 4  # places that a random crop may choose from


class RandomCrops:
    """Crops at random places: item `epoch * len(self) + i` is crop i of that epoch.

    Nothing but seed and index decides where a crop lies, so a resumed run sees the very same
    crops, whatever else has drawn random numbers and whoever reads them. A song shorter than the
    crop comes whole.

    Args:
        reader: the songs.
        crop_frames: the length of a crop.
        crops_per_song: of each song in one epoch.
        seed: another seed, other places.
        sung: of CANDIDATES places, the first is taken of which at least this share is sung, else
            the one with most singing; 0 takes any place.
    """

    def __init__(
        self,
        reader: SongReader,
        crop_frames: int,
        crops_per_song: int,
        seed: int = 0,
        sung: float = 0.0,
    ) -> None:
        self.reader = reader
        self.crop_frames = crop_frames
        self.crops_per_song = crops_per_song
        self.seed = seed
        self.sung = sung

    def __len__(self) -> int:
        return len(self.reader.lengths) * self.crops_per_song

    def place(self, index: int) -> Place:
        """Where the crop at `index` lies, and which version of the voice it has."""
        song = index % len(self) // self.crops_per_song
        length = self.reader.lengths[song]
        frames = min(self.crop_frames, length)
        rng = Random(f"{self.seed}/{index}")
        starts = [rng.randrange(length - frames + 1) for _ in range(CANDIDATES)]
        version = rng.randrange(self.reader.versions[song])
        places = [Place(song, start, start + frames, version) for start in starts]
        return places[0] if self.sung <= 0 or frames == length else self._sung(places)

    def _sung(self, places: Sequence[Place]) -> Place:
        shares = []
        for place in places:
            shares.append(self.reader.sung(place))
            if shares[-1] >= self.sung:
                return place
        return places[shares.index(max(shares))]

    def __getitem__(self, share: Share) -> LatentBatch:
        places = [self.place(index) for index in share.items]
        return _batch(self.reader, places, self.crop_frames, share)


class WindowCrops:
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
        self.places: list[Place] = []
        for song, length in enumerate(reader.lengths):
            windows = max(1, length // crop_frames)
            for window in np.linspace(0, windows - 1, min(windows, most)).round().astype(int):
                start = int(window) * crop_frames
                self.places.append(Place(song, start, min(start + crop_frames, length)))

    def __len__(self) -> int:
        return len(self.places)

    def other(self, index: int) -> Place:
        """The first window of another song, looked for from half the split further on.

        In a split of one song it is a window of that song.
        """
        count = len(self.places)
        further = (index + count // 2 + step for step in range(count))
        song = self.places[index].song
        places = (self.places[at % count] for at in further)
        return next((place for place in places if place.song != song), self.places[index - 1])

    def __getitem__(self, share: Share) -> ValidationBatch:
        own = [self.places[index] for index in share.items]
        batch = _batch(self.reader, own, self.crop_frames, share)
        others = [self.other(index) for index in share.items]
        other_vocal, _ = self.reader.read(others, self.crop_frames)
        return ValidationBatch(**vars(batch), other_vocal=other_vocal)


def _batch(reader: SongReader, places: Sequence[Place], frames: int, share: Share) -> LatentBatch:
    vocal, accompaniment = reader.read(places, frames)
    valid_frames = torch.tensor([place.frames for place in places])
    index = torch.tensor(share.items)
    return LatentBatch(vocal, accompaniment, valid_frames, index, share.global_items)
