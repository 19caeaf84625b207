"""The paper's layout: `latent_vocal.npy` and `latent_accomp.npy`, segments as rows, no melody."""

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
from samuel_gen.data.load.datamodule import CropDataModule, OpenedLatents
from samuel_gen.data.load.reader import Place
from samuel_gen.data.moments import ChannelMoments
from samuel_gen.data.splitting import SHARES, SPLITS, split_songs
from samuel_gen.diffusion.denoiser import Latents, Vocal
from samuel_gen.errors import SamuelError

VOCAL, ACCOMPANIMENT, SONGS = "latent_vocal.npy", "latent_accomp.npy", "songs.npy"
MOMENT_SEGMENTS = 512  # training segments, evenly spaced, that the normalisers are fitted on


class NumpyPairsDataModule(CropDataModule):
    """Crops of two memory-mapped arrays of shape (segments, channels, frames).

    Segments are split in stretches of neighbours, since neighbours may be of one song; or by song
    where `songs.npy`, of shape (segments,), names each segment's song. Normalisers are fitted on
    at most MOMENT_SEGMENTS training segments. There is no melody: `melody_given` is False.

    Args:
        root: the folder of the arrays.
        batch_size: crops per batch.
        crop_frames: frames per crop.
        crops_per_segment: random crops of each training segment in an epoch.
        validation_crops: windows of each validation and test segment, at most.
        num_workers: threads that read ahead; 0 reads when a batch is asked for.
        seed: of the crops' order and places.
        codec_name, codec_weights_hash, sample_rate, hop_length: the codec that made the arrays,
            as far as it is known.
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
            batch_size,
            crop_frames,
            crops_per_segment,
            validation_crops,
            num_workers,
            seed,
            sung=0.0,
        )
        self.root = Path(root)
        self.codec_name = codec_name
        self.codec_weights_hash = codec_weights_hash
        self.sample_rate = sample_rate
        self.hop_length = hop_length

    def open(self) -> OpenedLatents:
        """Map the arrays and fit the normalisers.

        Raises:
            SamuelError: an array is missing, or its shape or type is not what is expected.
        """
        vocal, accompaniment = (_latents(self.root / name) for name in (VOCAL, ACCOMPANIMENT))
        if vocal.shape != accompaniment.shape:
            raise SamuelError(
                f"{self.root}: {VOCAL} {vocal.shape} and {ACCOMPANIMENT} {accompaniment.shape}; "
                "expected equal shapes; write both from the same segments"
            )
        segments = _split(self.root / SONGS, len(vocal))
        normalisers = (_fit(vocal, segments["train"]), _fit(accompaniment, segments["train"]))
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
        self.lengths = [_latents(root / VOCAL).shape[2]] * len(segments)
        self.versions = [1] * len(segments)

    def read(self, places: Sequence[Place], frames: int) -> tuple[Vocal, Latents]:
        """Voices and bands of the crops there; see `SongReader`."""
        vocal, accompaniment = (
            torch.stack([self._crop(name, place, normaliser, frames) for place in places])
            for name, normaliser in zip((VOCAL, ACCOMPANIMENT), self.normalisers, strict=True)
        )
        given = torch.ones(len(places), dtype=torch.bool)
        melody = torch.zeros(len(places), MELODY_FEATURES, frames)
        return Vocal(vocal, melody, latents_given=given, melody_given=~given), accompaniment

    def sung(self, place: Place) -> float:
        """All of it, as far as is known."""
        return 1.0

    def _crop(
        self, name: str, place: Place, normaliser: LatentNormaliser, frames: int
    ) -> torch.Tensor:
        segment = _latents(self.root / name)[self.segments[place.song]]
        latents = normaliser.normalise(_tensor(segment[:, place.start : place.stop]))
        return pad(latents, (0, frames - place.frames))


@lru_cache(maxsize=8)
def _latents(path: Path) -> NDArray[Any]:
    """An array of latents, memory-mapped once per process (a reader travels without it)."""
    array = _mapped(path)
    if array.ndim != 3 or array.dtype.kind != "f":
        raise SamuelError(
            f"{path}: shape {array.shape} of {array.dtype}; expected floats of shape "
            "(segments, channels, frames), (N, 64, 1024) in the paper; write it so"
        )
    return array


def _mapped(path: Path) -> NDArray[Any]:
    if not path.exists():
        raise SamuelError(
            f"{path}: no such file; expected {VOCAL} and {ACCOMPANIMENT} in one folder; check "
            "data.root"
        )
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise SamuelError(
            f"{path}: not an array that can be mapped ({error}); expected what numpy.save writes; "
            "save it again"
        ) from error
    return array


def _tensor(array: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float32))


def _split(path: Path, count: int) -> dict[str, list[int]]:
    """The segments of each split: by song where songs are known, in stretches otherwise."""
    if path.exists():
        songs = _mapped(path)
        if songs.shape != (count,):
            raise SamuelError(
                f"{path}: shape {songs.shape}; expected ({count},), one song per segment; write it "
                "again or remove it"
            )
        names = [str(song) for song in songs]
        by_song = split_songs(sorted(set(names)))
        kinds = [by_song[name] for name in names]
    else:
        if count < len(SPLITS):
            raise SamuelError(
                f"{path.parent}: {count} segments; expected at least {len(SPLITS)}, one per split; "
                "add more"
            )
        held_out = [max(1, round(share * count)) for share in SHARES[1:]]
        sizes = [count - sum(held_out), *held_out]
        kinds = [kind for kind, size in zip(SPLITS, sizes, strict=True) for _ in range(size)]
    return {split: [at for at, kind in enumerate(kinds) if kind == split] for split in SPLITS}


def _fit(array: NDArray[Any], segments: Sequence[int]) -> LatentNormaliser:
    moments = ChannelMoments(array.shape[1])
    chosen = np.linspace(0, len(segments) - 1, min(len(segments), MOMENT_SEGMENTS)).round()
    for at in chosen.astype(int):
        moments.add(_tensor(array[segments[at]]))
    return LatentNormaliser.fit(moments.mean.float(), moments.std.float())
