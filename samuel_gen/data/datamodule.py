"""From latents on disk to batches: what Lightning asks of a data set."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from samuel_gen.codecs.codec import CodecIdentity, LatentCodec
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.batch import LatentBatch
from samuel_gen.data.crops import CropSampler, RandomCrops, SongReader, WindowCrops
from samuel_gen.data.encoding import encode_dataset
from samuel_gen.data.shards import LatentDataset, LatentSlice, LatentSong
from samuel_gen.data.sources import Source
from samuel_gen.errors import SamuelError


@dataclass(frozen=True, eq=False)
class OpenedLatents:
    """What a datamodule crops from: readers by split, and what the numbers mean."""

    codec_identity: CodecIdentity
    vocal_normaliser: LatentNormaliser
    accompaniment_normaliser: LatentNormaliser
    melody_features: int
    readers: Mapping[str, SongReader]


class CropDataModule(LightningDataModule):
    """Random crops for training, fixed windows for validation and test.

    Args:
        batch_size: crops per batch.
        crop_frames: frames per crop; shorter songs are padded with zeros.
        crops_per_song: random crops of each training song in an epoch.
        validation_crops: windows of each validation and test song, at most.
        num_workers: loader processes; 0 loads in the training process.
        seed: of the crops' order and places.
    """

    def __init__(
        self,
        batch_size: int,
        crop_frames: int,
        crops_per_song: int,
        validation_crops: int,
        num_workers: int,
        seed: int,
    ) -> None:
        super().__init__()
        sizes = {
            "batch_size": batch_size,
            "crop_frames": crop_frames,
            "crops_per_song": crops_per_song,
            "validation_crops": validation_crops,
        }
        for name, size in sizes.items():
            if size < 1:
                raise SamuelError(f"data.{name}={size}; expected at least 1; raise it")
        self.batch_size = batch_size
        self.crop_frames = crop_frames
        self.crops_per_song = crops_per_song
        self.validation_crops = validation_crops
        self.num_workers = num_workers
        self.seed = seed
        self._opened: OpenedLatents | None = None

    @abstractmethod
    def open(self) -> OpenedLatents:
        """Open what is on disk.

        Raises:
            SamuelError: there is nothing to be used.
        """

    def setup(self, stage: str | None = None) -> None:
        """Open the data set, once."""
        if self._opened is None:
            self._opened = self.open()

    @property
    def latents(self) -> OpenedLatents:
        """The opened data set; `setup` comes first."""
        if self._opened is None:
            raise RuntimeError("call setup() before asking what the data set holds")
        return self._opened

    @property
    def codec_identity(self) -> CodecIdentity:
        """Which codec made the latents."""
        return self.latents.codec_identity

    @property
    def vocal_normaliser(self) -> LatentNormaliser:
        """What the vocals' latents were normalised with."""
        return self.latents.vocal_normaliser

    @property
    def accompaniment_normaliser(self) -> LatentNormaliser:
        """What the accompaniments' latents were normalised with."""
        return self.latents.accompaniment_normaliser

    @property
    def melody_features(self) -> int:
        """Features of the melody track per frame."""
        return self.latents.melody_features

    @property
    def latent_channels(self) -> int:
        """Numbers per latent frame."""
        return self.codec_identity.channels

    def train_dataloader(self) -> DataLoader[LatentSlice]:
        """Batches of random crops, every song `crops_per_song` times an epoch."""
        reader = self._reader("train")
        crops = RandomCrops(reader, self.crop_frames, self.crops_per_song, self.seed)
        trainer = self.trainer
        sampler = CropSampler(
            crops,
            num_replicas=trainer.world_size if trainer else 1,
            rank=trainer.global_rank if trainer else 0,
            seed=self.seed,
        )
        whole_batches_only = len(sampler) > self.batch_size
        return self._loader(crops, sampler=sampler, drop_last=whole_batches_only)

    def val_dataloader(self) -> DataLoader[LatentSlice]:
        """Batches of the validation songs' windows, always the same."""
        return self._windows("validation")

    def test_dataloader(self) -> DataLoader[LatentSlice]:
        """Batches of the test songs' windows, always the same."""
        return self._windows("test")

    def _windows(self, split: str) -> DataLoader[LatentSlice]:
        crops = WindowCrops(self._reader(split), self.crop_frames, self.validation_crops)
        return self._loader(crops)

    def _reader(self, split: str) -> SongReader:
        reader = self.latents.readers[split]
        if not reader.lengths:
            raise SamuelError(
                f"the {split} split holds no song; expected at least one; add songs and encode "
                "again"
            )
        return reader

    def _loader(self, crops: Dataset[LatentSlice], **options: Any) -> DataLoader[LatentSlice]:
        return DataLoader(
            crops,
            batch_size=self.batch_size,
            collate_fn=partial(LatentBatch.of, frames=self.crop_frames),
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            generator=torch.Generator(),  # so that the loader leaves the global one alone
            **options,
        )


class LatentDataModule(CropDataModule):
    """Crops of a data set that `encode_dataset` wrote.

    Args:
        root: its folder.
        batch_size, crop_frames, crops_per_song, validation_crops, num_workers, seed: see
            `CropDataModule`.
        source: songs to encode into `root` where there is no finished data set yet.
        codec: what to encode them with; where it is given, the data set must be this codec's.
    """

    def __init__(
        self,
        root: str | Path,
        batch_size: int = 32,
        crop_frames: int = 256,
        crops_per_song: int = 8,
        validation_crops: int = 4,
        num_workers: int = 0,
        seed: int = 0,
        source: Source | None = None,
        codec: LatentCodec | None = None,
    ) -> None:
        super().__init__(
            batch_size, crop_frames, crops_per_song, validation_crops, num_workers, seed
        )
        self.root = Path(root)
        self.source = source
        self.codec = codec

    def prepare_data(self) -> None:
        """Encode the source on first use."""
        if self.source is not None and self.codec is not None:
            if not (self.root / "dataset.json").exists():
                encode_dataset(self.source, self.codec, self.root)

    def open(self) -> OpenedLatents:
        """Open the folder; the latents stay on disk.

        Raises:
            SamuelError: no finished data set, or one made by another codec.
        """
        dataset = LatentDataset.open(self.root)
        if self.codec is not None:
            unlike = dataset.codec_identity.difference(self.codec.identity)
            if unlike:
                mend = "choose the codec it was made with, or encode again"
                if self.source is not None:
                    mend = "delete that folder, and the songs are encoded again"
                raise SamuelError(
                    f"{self.root}: encoded by another codec ({unlike}); expected this codec's "
                    f"latents; {mend}"
                )
        return OpenedLatents(
            dataset.codec_identity,
            dataset.vocal_normaliser,
            dataset.accompaniment_normaliser,
            len(dataset.melody_names),
            {
                split: _ShardReader(dataset, dataset.split(split))
                for split in ("train", "validation", "test")
            },
        )


class _ShardReader:
    """Songs of a latent data set, normalised as they are read."""

    def __init__(self, dataset: LatentDataset, songs: Sequence[LatentSong]) -> None:
        self.dataset = dataset
        self.songs = songs
        self.lengths = [song.frames for song in songs]

    def read(self, song: int, start: int, stop: int) -> LatentSlice:
        raw = self.dataset.read(self.songs[song], start, stop)
        return LatentSlice(
            self.dataset.vocal_normaliser.normalise(raw.vocal),
            self.dataset.accompaniment_normaliser.normalise(raw.accompaniment),
            raw.melody,
        )
