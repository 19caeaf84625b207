"""The speed of the data loader alone."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from samuel_gen.benchmark.timing import Row, time_in_turn

SONG_SECONDS = 48.0
CROPS_PER_SONG = 512
TRAINING_SONGS = 2


def measure_loading(repeats: int, report_stage: Callable[[str], None]) -> list[Row]:
    """Measure crops per second of the data loader, on songs that are rendered first.

    Args:
        repeats: number of timed epochs.
        report_stage: a function that displays the name of the current stage.
    """
    from samuel_gen.codecs.spectral.codec import SpectralCodec
    from samuel_gen.data.encode.dataset import encode_dataset
    from samuel_gen.data.load.datamodule import LatentDataModule
    from samuel_gen.data.sources.rendered import RenderedSource

    with tempfile.TemporaryDirectory() as folder:
        report_stage("rendering songs to load")
        root = Path(folder) / "songs"
        encode_dataset(
            RenderedSource(songs=2 * TRAINING_SONGS, seconds=SONG_SECONDS, seed=7),
            SpectralCodec(),
            root,
            shares=(0.5, 0.25, 0.25),
            progress=False,
        )
        data = LatentDataModule(root, batch_size=32, crop_frames=256, crops_per_song=CROPS_PER_SONG)
        data.setup()
        loader = data.train_dataloader()

        def load_epoch() -> None:
            for _ in loader:
                pass

        seconds = time_in_turn({"": load_epoch}, repeats, torch.device("cpu"))[""]
    crops = TRAINING_SONGS * CROPS_PER_SONG
    return [Row("data", "crops of 256 frames", "clips/s", [crops / each for each in seconds])]
