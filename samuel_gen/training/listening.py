"""Hearing the model while it learns."""

from collections.abc import Callable
from pathlib import Path

import lightning as L

from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.diffusion.denoiser import Denoiser, Latents
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.errors import SamuelError
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.training.module import AccompanimentDiffusion
from samuel_gen.training.release import UNKNOWN_CODEC
from samuel_gen.training.samples import write_samples


class Listening(L.Callback):
    """Every so many epochs the same few validation songs are accompanied, and logged.

    It comes before the averaging of weights in the list of callbacks, so that it hears the
    averaged ones, which are validated and released. Where the codec of the data is not known,
    nothing can be heard.

    Args:
        folder: gets a folder of sounds and pictures for each such epoch.
        codec: of the data.
        sampler, guidance: see `Accompanist.sample`.
        every_n_epochs: 0 is never.
        songs: how many.
    """

    def __init__(
        self,
        folder: str | Path,
        codec: LatentCodec,
        sampler: Callable[..., Latents],
        guidance: Callable[[Denoiser, NoiseSchedule], Denoiser],
        every_n_epochs: int = 10,
        songs: int = 4,
    ) -> None:
        if every_n_epochs < 0 or songs < 1:
            raise SamuelError(
                f"listening: every {every_n_epochs} epochs to {songs} songs; expected 0 (never) or "
                "more, and 1 song or more; change callbacks.listening"
            )
        self.folder, self.codec = Path(folder), codec
        self.sampler, self.guidance = sampler, guidance
        self.every_n_epochs, self.songs = every_n_epochs, songs

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Listen, if it is time."""
        epoch = trainer.current_epoch + 1
        due = self.every_n_epochs and epoch % self.every_n_epochs == 0
        data = trainer.datamodule  # type: ignore[attr-defined]
        known = data.codec_identity.name != UNKNOWN_CODEC
        if not due or trainer.sanity_checking or not trainer.is_global_zero or not known:
            return
        assert isinstance(pl_module, AccompanimentDiffusion)
        accompanist = Accompanist(
            pl_module.denoiser,
            pl_module.schedule,
            pl_module.objective,
            self.codec,
            data.vocal_normaliser,
            data.accompaniment_normaliser,
            device=str(pl_module.device),
        )
        try:
            write_samples(
                accompanist,
                data,
                self.folder / f"epoch{epoch:03d}",
                trainer.loggers,
                sampler=self.sampler,
                guidance=self.guidance,
                songs=self.songs,
                step=trainer.global_step,
            )
        except SamuelError as error:  # nothing to hear yet is no reason to stop learning
            trainer.print(f"epoch {epoch}: {error}")
