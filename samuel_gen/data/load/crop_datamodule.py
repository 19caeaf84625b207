"""The base of all data modules: batches of crops, and resuming within an epoch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lightning import LightningDataModule

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.data.load.batch import LatentBatch
from samuel_gen.data.load.crops import RandomCrops, WindowCrops
from samuel_gen.data.load.loader import Batches, BatchLoader, SharedOrder
from samuel_gen.data.load.reader import SongReader
from samuel_gen.errors import SamuelError


@dataclass(frozen=True, eq=False)
class OpenedLatents:
    """The opened data set of a data module.

    Attributes:
        codec_identity: the codec that made the latents.
        vocal_normaliser, accompaniment_normaliser: the normalisers that the readers apply.
        melody_features: the number of features of the melody track per frame.
        readers: the reader of each split.
    """

    codec_identity: CodecIdentity
    vocal_normaliser: LatentNormaliser
    accompaniment_normaliser: LatentNormaliser
    melody_features: int
    readers: Mapping[str, SongReader]


class CropDataModule(LightningDataModule, ABC):
    """Random crops for training, fixed windows for validation and test.

    Args:
        batch_size: the number of crops per batch.
        crop_frames: the length of a crop in latent frames; shorter songs are padded with zeros.
        crops_per_song: the number of random crops of each training song in an epoch.
        validation_crops: the largest number of windows of each validation and test song.
        num_workers: the number of threads that read ahead; 0 reads each batch on request.
        seed: the seed of the order and the positions of crops.
        min_sung_share: the share of its frames that should be sung in a training crop, 0 to 1. Of
            four random positions the first that reaches it is taken, else the one with the most
            singing; 0 takes any position.
    """

    def __init__(
        self,
        *,
        batch_size: int,
        crop_frames: int,
        crops_per_song: int,
        validation_crops: int,
        num_workers: int,
        seed: int,
        min_sung_share: float,
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
                raise SamuelError(f"data.{name}={size}: must be at least 1")
        if not 0 <= min_sung_share <= 1:
            raise SamuelError(f"data.min_sung_share={min_sung_share}: must be from 0 to 1")
        self.batch_size = batch_size
        self.crop_frames = crop_frames
        self.crops_per_song = crops_per_song
        self.validation_crops = validation_crops
        self.num_workers = num_workers
        self.seed = seed
        self.min_sung_share = min_sung_share
        self._opened: OpenedLatents | None = None
        self._training: BatchLoader | None = None
        self._resumed: dict[str, Any] = {}

    @abstractmethod
    def open(self) -> OpenedLatents:
        """Open the data set on disk.

        Raises:
            SamuelError: there is no usable data set.
        """

    def setup(self, stage: str | None = None) -> None:
        """Open the data set, once."""
        if self._opened is None:
            self._opened = self.open()

    @property
    def latents(self) -> OpenedLatents:
        """The opened data set; `setup` comes first."""
        if self._opened is None:
            raise RuntimeError("call setup() before using the data set")
        return self._opened

    @property
    def codec_identity(self) -> CodecIdentity:
        """The codec that made the latents."""
        return self.latents.codec_identity

    @property
    def vocal_normaliser(self) -> LatentNormaliser:
        """The normaliser of the vocals' latents."""
        return self.latents.vocal_normaliser

    @property
    def accompaniment_normaliser(self) -> LatentNormaliser:
        """The normaliser of the accompaniments' latents."""
        return self.latents.accompaniment_normaliser

    @property
    def melody_features(self) -> int:
        """The number of features of the melody track per frame."""
        return self.latents.melody_features

    @property
    def latent_channels(self) -> int:
        """The number of channels of the latents."""
        return self.codec_identity.channels

    def train_dataloader(self) -> BatchLoader:
        """Return batches of random crops, `crops_per_song` of every song in an epoch."""
        crops = RandomCrops(
            self._get_reader("train"),
            crop_frames=self.crop_frames,
            crops_per_song=self.crops_per_song,
            seed=self.seed,
            min_sung_share=self.min_sung_share,
        )
        self._training = self._make_loader(crops, seed=self.seed)
        if self._resumed:
            self._training.load_state_dict(self._resumed)
        return self._training

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the training batches and the codec of the latents."""
        batches = self._training.state_dict() if self._training is not None else {}
        return {"batches": batches, "codec": self.codec_identity.to_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Resume training from this position.

        Lightning would restore the loader by itself, but the learning rate's schedule asks for the
        loader's length before the training state is read.

        Raises:
            SamuelError: the training state belongs to another codec's latents.
        """
        trained_on = CodecIdentity.from_dict(state_dict["codec"])
        difference = trained_on.difference(self.codec_identity)
        if difference:
            raise SamuelError(
                f"ckpt: trained on latents of another codec ({difference}); choose the data it was "
                "trained on, or start a new run"
            )
        self._resumed = state_dict["batches"]

    def val_dataloader(self) -> BatchLoader:
        """Return batches of the validation songs' windows, always the same."""
        return self._make_window_loader("validation")

    def test_dataloader(self) -> BatchLoader:
        """Return batches of the test songs' windows, always the same."""
        return self._make_window_loader("test")

    def _make_window_loader(self, split: str) -> BatchLoader:
        crops = WindowCrops(self._get_reader(split), self.crop_frames, self.validation_crops)
        return self._make_loader(crops, seed=None)

    def _get_reader(self, split: str) -> SongReader:
        reader = self.latents.readers[split]
        if not reader.lengths:
            raise SamuelError(f"the {split} split holds no song; add songs and encode again")
        return reader

    def _make_loader(self, crops: Batches[LatentBatch], seed: int | None) -> BatchLoader:
        order = SharedOrder(
            len(crops),
            self.batch_size,
            rank=self.trainer.global_rank if self.trainer else 0,
            world_size=self.trainer.world_size if self.trainer else 1,
            seed=seed,
        )
        return BatchLoader(crops, order, self.num_workers)
