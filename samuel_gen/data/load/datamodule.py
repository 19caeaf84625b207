"""From latents on disk to batches: what Lightning asks of a data set."""

import sys
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning import LightningDataModule

from samuel_gen.codecs.codec import CodecIdentity, LatentCodec
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.description import DESCRIPTION
from samuel_gen.data.encode.dataset import encode_dataset
from samuel_gen.data.encode.folder import FolderInUseError
from samuel_gen.data.load.batch import LatentBatch
from samuel_gen.data.load.crops import RandomCrops, WindowCrops
from samuel_gen.data.load.loader import Batches, BatchLoader, SharedOrder
from samuel_gen.data.load.reader import ShardReader, SongReader
from samuel_gen.data.shards import LatentDataset, LatentSong
from samuel_gen.data.sources.song import Source
from samuel_gen.errors import SamuelError

_PATIENCE = 1.0  # s between two looks at a folder that another run encodes into


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
        num_workers: threads that read ahead; 0 reads when a batch is asked for.
        seed: of the crops' order and places.
        sung: share of its frames that a training crop should have sung, from 0 to 1; see
            `RandomCrops`.
    """

    def __init__(
        self,
        batch_size: int,
        crop_frames: int,
        crops_per_song: int,
        validation_crops: int,
        num_workers: int,
        seed: int,
        sung: float,
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
        if not 0 <= sung <= 1:
            raise SamuelError(f"data.sung={sung}; expected a share from 0 to 1; mend it")
        self.batch_size = batch_size
        self.crop_frames = crop_frames
        self.crops_per_song = crops_per_song
        self.validation_crops = validation_crops
        self.num_workers = num_workers
        self.seed = seed
        self.sung = sung
        self._opened: OpenedLatents | None = None
        self._training: BatchLoader | None = None
        self._resumed: dict[str, Any] = {}

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

    def train_dataloader(self) -> BatchLoader:
        """Batches of random crops, every song `crops_per_song` times an epoch."""
        crops = RandomCrops(
            self._reader("train"), self.crop_frames, self.crops_per_song, self.seed, self.sung
        )
        self._training = self._loader(crops, seed=self.seed)
        if self._resumed:
            self._training.load_state_dict(self._resumed)
        return self._training

    def state_dict(self) -> dict[str, Any]:
        """Which batch of training comes next, and of which codec's latents."""
        batches = self._training.state_dict() if self._training is not None else {}
        return {"batches": batches, "codec": self.codec_identity.to_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there.

        Lightning would do this by itself, had not the learning rate's schedule asked for the
        loader's length before the checkpoint was read.

        Raises:
            SamuelError: the checkpoint was trained on another codec's latents.
        """
        trained_on = CodecIdentity.from_dict(state_dict["codec"])
        unlike = trained_on.difference(self.codec_identity)
        if unlike:
            raise SamuelError(
                f"ckpt: trained on latents of another codec ({unlike}); expected the data set's "
                "own; choose the data it was trained on, or start a new run"
            )
        self._resumed = state_dict["batches"]

    def val_dataloader(self) -> BatchLoader:
        """Batches of the validation songs' windows, always the same."""
        return self._windows("validation")

    def test_dataloader(self) -> BatchLoader:
        """Batches of the test songs' windows, always the same."""
        return self._windows("test")

    def _windows(self, split: str) -> BatchLoader:
        crops = WindowCrops(self._reader(split), self.crop_frames, self.validation_crops)
        return self._loader(crops, seed=None)

    def _reader(self, split: str) -> SongReader:
        reader = self.latents.readers[split]
        if not reader.lengths:
            raise SamuelError(
                f"the {split} split holds no song; expected at least one; add songs and encode "
                "again"
            )
        return reader

    def _loader(self, crops: Batches[LatentBatch], seed: int | None) -> BatchLoader:
        order = SharedOrder(
            len(crops),
            self.batch_size,
            rank=self.trainer.global_rank if self.trainer else 0,
            world_size=self.trainer.world_size if self.trainer else 1,
            seed=seed,
        )
        return BatchLoader(crops, order, self.num_workers)


class LatentDataModule(CropDataModule):
    """Crops of a data set that `encode_dataset` wrote.

    Args:
        root: its folder.
        batch_size, crop_frames, crops_per_song, validation_crops, num_workers, seed, sung: see
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
        num_workers: int = 1,
        seed: int = 0,
        sung: float = 0.25,
        source: Source | None = None,
        codec: LatentCodec | None = None,
    ) -> None:
        super().__init__(
            batch_size, crop_frames, crops_per_song, validation_crops, num_workers, seed, sung
        )
        self.root = Path(root)
        self.source = source
        self.codec = codec

    def prepare_data(self) -> None:
        """Encode the source on first use, or wait until another run has done so."""
        if self.source is None or self.codec is None:
            return
        told = False
        while not (self.root / DESCRIPTION).exists():
            try:
                encode_dataset(self.source, self.codec, self.root)
            except FolderInUseError:
                if not told:
                    print(f"{self.root}: waiting for another run's encoding", file=sys.stderr)
                told = True
                time.sleep(_PATIENCE)
            except SamuelError:
                if not (self.root / DESCRIPTION).exists():  # else another run was just quicker
                    raise

    def dataset(self) -> LatentDataset:
        """What lies in the folder.

        Raises:
            SamuelError: no finished data set.
        """
        return LatentDataset.open(self.root)

    def reader(self, dataset: LatentDataset, songs: Sequence[LatentSong]) -> ShardReader:
        """What cuts crops out of these songs."""
        return ShardReader(dataset, songs)

    def open(self) -> OpenedLatents:
        """Open the folder; the latents stay on disk.

        Raises:
            SamuelError: no finished data set, or one made by another codec.
        """
        dataset = self.dataset()
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
                split: self.reader(dataset, dataset.split(split))
                for split in ("train", "validation", "test")
            },
        )
