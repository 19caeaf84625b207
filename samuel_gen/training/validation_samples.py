"""Samples during training: accompaniments of validation songs, every few epochs."""

from pathlib import Path

import lightning as L

from samuel_gen.checkpoint.loading import TrainedModel
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.data.load.crop_datamodule import CropDataModule
from samuel_gen.diffusion.guidance import Guidance
from samuel_gen.diffusion.samplers import PreparedSampler
from samuel_gen.errors import SamuelError
from samuel_gen.generation.stages import Stages
from samuel_gen.training.module import AccompanimentDiffusion
from samuel_gen.training.release import UNKNOWN_CODEC
from samuel_gen.training.samples import write_samples


class ValidationSamples(L.Callback):
    """Generates accompaniments of the same validation songs every few epochs, and logs them.

    In the list of callbacks it stands before the averaging of weights. It then uses the averaged
    weights, which are also validated and released. It writes nothing if the codec of the data is
    unknown.

    Args:
        folder: the folder that gets a subfolder of sounds and pictures for each such epoch.
        codec: the codec of the data.
        sampler: one of `samuel_gen.diffusion.samplers` with its number of steps given.
        guidance: a function that wraps the denoiser, such as a partial `Guided`.
        every_n_epochs: the interval in epochs; 0 switches the samples off.
        songs: the number of songs, at most one batch.

    Raises:
        SamuelError: the interval is negative, or there is no song.
    """

    def __init__(
        self,
        folder: str | Path,
        codec: LatentCodec,
        sampler: PreparedSampler,
        guidance: Guidance,
        every_n_epochs: int = 10,
        songs: int = 4,
    ) -> None:
        if every_n_epochs < 0:
            raise SamuelError(
                f"callbacks.samples.every_n_epochs={every_n_epochs}; use 0 (never) or more"
            )
        if songs < 1:
            raise SamuelError(
                f"callbacks.samples.songs={songs}; use 1 or more, or "
                "callbacks.samples.every_n_epochs=0 for no samples"
            )
        self.folder, self.codec = Path(folder), codec
        self.sampler, self.guidance = sampler, guidance
        self.every_n_epochs, self.songs = every_n_epochs, songs

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Write the samples if they are due after this epoch."""
        epoch = trainer.current_epoch + 1
        is_due = self.every_n_epochs > 0 and epoch % self.every_n_epochs == 0
        if not is_due or trainer.sanity_checking or not trainer.is_global_zero:
            return
        data = trainer.datamodule  # type: ignore[attr-defined]
        assert isinstance(pl_module, AccompanimentDiffusion) and isinstance(data, CropDataModule)
        if data.codec_identity.name == UNKNOWN_CODEC:
            return
        model = TrainedModel(
            pl_module.denoiser,
            pl_module.schedule,
            pl_module.objective,
            self.codec,
            data.vocal_normaliser,
            data.accompaniment_normaliser,
        )
        try:
            write_samples(
                Stages(model, str(pl_module.device)),
                data,
                self.folder / f"epoch{epoch:03d}",
                trainer.loggers,
                sampler=self.sampler,
                guidance=self.guidance,
                songs=self.songs,
                step=trainer.global_step,
            )
        except SamuelError as error:  # an early model may generate silence; training goes on
            trainer.print(f"epoch {epoch}: {error}")
