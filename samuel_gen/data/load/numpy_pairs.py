"""The data module of the paper's layout: `latent_vocal.npy` and `latent_accomp.npy`.

Each row of the two arrays is a segment of a song. There is no melody.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import pad

from samuel_gen.analysis.melody import MELODY_FEATURES
from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.load.crop_datamodule import CropDataModule, OpenedLatents
from samuel_gen.data.load.reader import Place
from samuel_gen.data.moments import ChannelMoments
from samuel_gen.data.splitting import SHARES, SPLITS, split_songs
from samuel_gen.diffusion.denoiser import Latents, Vocal
from samuel_gen.errors import SamuelError

VOCAL, ACCOMPANIMENT, SONGS = "latent_vocal.npy", "latent_accomp.npy", "songs.npy"
MOMENT_SEGMENTS = 512  # training segments, evenly spaced, that the normalisers are fitted to


class NumpyPairsDataModule(CropDataModule):
    """Crops of two memory-mapped arrays of shape (segments, channels, frames).

    If `songs.npy`, of shape (segments,), names the song of each segment, the split is by song.
    Otherwise each split is a run of consecutive segments, since neighbours may be of one song.
    Normalisers are fitted to at most MOMENT_SEGMENTS training segments. There is no melody:
    `melody_given` is False.

    Args:
        root: the folder of the arrays.
        batch_size: the number of crops per batch.
        crop_frames: the length of a crop in latent frames.
        crops_per_segment: the number of random crops of each training segment in an epoch.
        validation_crops: the largest number of windows of each validation and test segment.
        num_workers: the number of threads that read ahead; 0 reads each batch on request.
        seed: the seed of the order and the positions of crops.
        codec_name, codec_weights_hash: the codec that made the arrays, if it is known.
        sample_rate: the codec's sample rate in Hz.
        hop_length: the codec's number of samples per latent frame.
    """

    def __init__(
        self,
        root: str | Path,
        batch_size: int = 32,
        crop_frames: int = 1024,
        crops_per_segment: int = 1,
        validation_crops: int = 1,
        num_workers: int = 1,
        seed: int = 0,
        codec_name: str = "unknown",
        codec_weights_hash: str = "unknown",
        sample_rate: int = 44_100,
        hop_length: int = 2048,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            crop_frames=crop_frames,
            crops_per_song=crops_per_segment,
            validation_crops=validation_crops,
            num_workers=num_workers,
            seed=seed,
            min_sung_share=0.0,
        )
        self.root = Path(root)
        self.codec_name = codec_name
        self.codec_weights_hash = codec_weights_hash
        self.sample_rate = sample_rate
        self.hop_length = hop_length

    def open(self) -> OpenedLatents:
        """Map the arrays and fit the normalisers.

        Raises:
            SamuelError: an array is missing, or has the wrong shape or type.
        """
        vocal, accompaniment = (_open_latents(self.root / name) for name in (VOCAL, ACCOMPANIMENT))
        if vocal.shape != accompaniment.shape:
            raise SamuelError(
                f"{self.root}: {VOCAL} has shape {vocal.shape}, {ACCOMPANIMENT} has shape "
                f"{accompaniment.shape}; write both from the same segments"
            )
        segments = _split_segments(self.root / SONGS, len(vocal))
        normalisers = [_fit_normaliser(part, segments["train"]) for part in (vocal, accompaniment)]
        return OpenedLatents(
            codec_identity=CodecIdentity(
                self.codec_name,
                self.codec_weights_hash,
                self.sample_rate,
                self.hop_length,
                vocal.shape[1],
            ),
            vocal_normaliser=normalisers[0],
            accompaniment_normaliser=normalisers[1],
            melody_features=MELODY_FEATURES,
            readers={
                split: _PairReader(self.root, normalisers, rows) for split, rows in segments.items()
            },
        )


class _PairReader:
    """Segments of the two arrays, normalised as they are read."""

    def __init__(
        self, root: Path, normalisers: Sequence[LatentNormaliser], segments: Sequence[int]
    ) -> None:
        self.root = root
        self.normalisers = normalisers
        self.segments = segments
        self.lengths = [_open_latents(root / VOCAL).shape[2]] * len(segments)
        self.versions = [1] * len(segments)

    def read(self, places: Sequence[Place], frames: int) -> tuple[Vocal, Latents]:
        """Read vocals and accompaniments at these places, padded with zeros to `frames` frames."""
        vocal, accompaniment = (
            torch.stack([self._read_crop(name, place, normaliser, frames) for place in places])
            for name, normaliser in zip((VOCAL, ACCOMPANIMENT), self.normalisers, strict=True)
        )
        given = torch.ones(len(places), dtype=torch.bool)
        melody = torch.zeros(len(places), MELODY_FEATURES, frames)
        return Vocal(vocal, melody, latents_given=given, melody_given=~given), accompaniment

    def sung_share(self, place: Place) -> float:
        """Return 1, since the activity of the vocal is unknown."""
        return 1.0

    def _read_crop(
        self, name: str, place: Place, normaliser: LatentNormaliser, frames: int
    ) -> torch.Tensor:
        segment = _open_latents(self.root / name)[self.segments[place.song]]
        latents = normaliser.normalise(_to_tensor(segment[:, place.start : place.stop]))
        return pad(latents, (0, frames - place.frames))


@lru_cache(maxsize=8)
def _open_latents(path: Path) -> NDArray[Any]:
    """Map an array of latents, once per process, so that a pickled reader does not carry it."""
    array = _map_array(path)
    if array.ndim != 3 or array.dtype.kind != "f":
        raise SamuelError(
            f"{path}: an array of {array.dtype} of shape {array.shape}; write floats of shape "
            "(segments, channels, frames), (N, 64, 1024) in the paper"
        )
    return array


def _map_array(path: Path) -> NDArray[Any]:
    if not path.exists():
        raise SamuelError(
            f"{path}: no such file; data.root must be a folder with {VOCAL} and {ACCOMPANIMENT}"
        )
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise SamuelError(
            f"{path}: not an array that can be memory-mapped ({error}); save it with numpy.save"
        ) from error
    return array


def _to_tensor(array: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float32))


def _split_segments(path: Path, count: int) -> dict[str, list[int]]:
    """Return the segments of each split: by song if the file exists, else consecutive ones."""
    if path.exists():
        songs = _map_array(path)
        if songs.shape != (count,):
            raise SamuelError(
                f"{path}: shape {songs.shape} instead of ({count},), one song per segment; write "
                "it again or remove it"
            )
        names = [str(song) for song in songs]
        by_song = split_songs(sorted(set(names)))
        splits = [by_song[name] for name in names]
    else:
        if count < len(SPLITS):
            raise SamuelError(
                f"{path.parent}: {count} segments are too few; add some, so that each of the "
                f"{len(SPLITS)} splits has one"
            )
        held_out = [max(1, round(share * count)) for share in SHARES[1:]]
        sizes = [count - sum(held_out), *held_out]
        splits = [split for split, size in zip(SPLITS, sizes, strict=True) for _ in range(size)]
    return {
        split: [number for number, own in enumerate(splits) if own == split] for split in SPLITS
    }


def _fit_normaliser(array: NDArray[Any], segments: Sequence[int]) -> LatentNormaliser:
    moments = ChannelMoments(array.shape[1])
    sample = np.linspace(0, len(segments) - 1, min(len(segments), MOMENT_SEGMENTS)).round()
    for number in sample.astype(int):
        moments.add(_to_tensor(array[segments[number]]))
    return LatentNormaliser.fit(moments.mean.float(), moments.std.float())
