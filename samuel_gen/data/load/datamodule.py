"""The data module of a data set on disk, which it can encode on first use."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.contents import LatentSong
from samuel_gen.data.description import DESCRIPTION
from samuel_gen.data.encode.dataset import encode_dataset
from samuel_gen.data.encode.folder import FolderInUseError
from samuel_gen.data.load.crop_datamodule import CropDataModule, OpenedLatents
from samuel_gen.data.load.reader import ShardReader
from samuel_gen.data.shards import LatentDataset
from samuel_gen.data.sources.song import Source
from samuel_gen.data.splitting import SPLITS
from samuel_gen.errors import SamuelError

_POLL_SECONDS = 1.0  # between two looks at a folder that another run encodes into


class LatentDataModule(CropDataModule):
    """Crops of a data set that `encode_dataset` wrote.

    Args:
        root: the folder of the data set.
        batch_size: the number of crops per batch.
        crop_frames: the length of a crop in latent frames; shorter songs are padded with zeros.
        crops_per_song: the number of random crops of each training song in an epoch.
        validation_crops: the largest number of windows of each validation and test song.
        num_workers: the number of threads that read ahead; 0 reads each batch on request.
        seed: the seed of the order and the positions of crops.
        min_sung_share: the share of its frames that should be sung in a training crop, 0 to 1.
        source: songs to encode into `root` if there is no finished data set yet.
        codec: the codec to encode them with. If it is given, the data set must be this codec's.
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
        min_sung_share: float = 0.25,
        source: Source | None = None,
        codec: LatentCodec | None = None,
    ) -> None:
        super().__init__(
            batch_size=batch_size,
            crop_frames=crop_frames,
            crops_per_song=crops_per_song,
            validation_crops=validation_crops,
            num_workers=num_workers,
            seed=seed,
            min_sung_share=min_sung_share,
        )
        self.root = Path(root)
        self.source = source
        self.codec = codec

    def prepare_data(self) -> None:
        """Encode the source on first use, or wait until another run has done so."""
        if self.source is None or self.codec is None:
            return
        has_told_user = False
        while not (self.root / DESCRIPTION).exists():
            try:
                encode_dataset(self.source, self.codec, self.root)
            except FolderInUseError:
                if not has_told_user:
                    print(f"{self.root}: waiting for the encoding of another run", file=sys.stderr)
                has_told_user = True
                time.sleep(_POLL_SECONDS)
            except SamuelError:
                if not (self.root / DESCRIPTION).exists():  # else another run was faster
                    raise

    def open_dataset(self) -> LatentDataset:
        """Open the data set in the folder.

        Raises:
            SamuelError: there is no finished data set.
        """
        return LatentDataset.open(self.root)

    def make_reader(self, dataset: LatentDataset, songs: Sequence[LatentSong]) -> ShardReader:
        """Return the reader of these songs of the data set."""
        return ShardReader(dataset, songs)

    def open(self) -> OpenedLatents:
        """Open the data set; the latents stay on disk.

        Raises:
            SamuelError: there is no finished data set, or another codec made it.
        """
        dataset = self.open_dataset()
        if self.codec is not None:
            difference = dataset.codec_identity.difference(self.codec.identity)
            if difference:
                remedy = "choose the codec that it was made with, or encode again"
                if self.source is not None:
                    remedy = "delete that folder, and the songs are encoded again"
                raise SamuelError(f"{self.root}: encoded by another codec ({difference}); {remedy}")
        return OpenedLatents(
            codec_identity=dataset.codec_identity,
            vocal_normaliser=dataset.vocal_normaliser,
            accompaniment_normaliser=dataset.accompaniment_normaliser,
            melody_features=len(dataset.melody_names),
            readers={split: self.make_reader(dataset, dataset.split(split)) for split in SPLITS},
        )
