"""Samples of a model: accompaniments of validation songs as sounds and as pictures."""

from collections.abc import Sequence
from pathlib import Path

from jaxtyping import Float
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger
from torch import Tensor

from samuel_gen.audio.files import write_audio
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, limit_true_peak, normalise_loudness
from samuel_gen.audio.phase import to_mono
from samuel_gen.data.load.crop_datamodule import CropDataModule
from samuel_gen.diffusion.guidance import Guidance
from samuel_gen.diffusion.samplers import PreparedSampler
from samuel_gen.diffusion.statistics import SamplingStatistics
from samuel_gen.generation.stages import Stages
from samuel_gen.plots import plot_sampling, plot_spectrograms

Sounds = dict[str, Float[Tensor, "2 samples"]]


def write_samples(
    stages: Stages,
    data: CropDataModule,
    folder: Path,
    loggers: Sequence[Logger],
    *,
    sampler: PreparedSampler,
    guidance: Guidance,
    songs: int = 1,
    step: int | None = None,
) -> None:
    """Generate accompaniments of the first validation items; write and log them.

    Args:
        stages: the stages of generation with the model.
        data: the data module of the run, set up.
        folder: the folder for the WAV files (vocal, true and generated accompaniment, mix; all of
            them through the codec) and two plots. With several songs, each has a subfolder.
        loggers: the loggers of the run; W&B and TensorBoard get the sounds and pictures too.
        sampler: one of `samuel_gen.diffusion.samplers` with its number of steps given.
        guidance: a function that wraps the denoiser, such as a partial `Guided`.
        songs: the number of songs, at most one batch.
        step: the training step to log under; None for the end of the training.
    """
    batch = next(iter(data.val_dataloader()))
    songs = min(songs, len(batch))
    statistics = SamplingStatistics()
    latents = stages.sample(
        batch.vocal.select(slice(0, songs)),
        seed=list(range(songs)),
        sampler=sampler,
        guidance=guidance,
        on_step=statistics,
    )
    rate = stages.model.codec.sample_rate
    picture = folder / "sampling.png"
    folder.mkdir(parents=True, exist_ok=True)
    plot_sampling(statistics, stages.model.schedule, picture)
    _log_picture(loggers, "samples/sampling", picture, step)
    for song in range(songs):
        song_folder = folder / f"song{song + 1}" if songs > 1 else folder
        frames = int(batch.valid_frames[song])
        triple = (batch.vocal.latents, batch.accompaniment, latents)
        sounds = _decode_sounds(stages, [each[song, :, :frames] for each in triple])
        for name, sound in sounds.items():
            write_audio(song_folder / f"{name}.wav", sound, rate)
        picture = song_folder / "spectrograms.png"
        plot_spectrograms(sounds, rate, picture)
        _log_sounds(loggers, f"samples/song{song + 1}", song_folder, sounds, rate, step)
        _log_picture(loggers, f"samples/spectrograms{song + 1}", picture, step)


def _decode_sounds(stages: Stages, triple: Sequence[Float[Tensor, "channels _"]]) -> Sounds:
    """Decode vocal, true and generated accompaniment at one loudness, and add the mix."""
    vocal, true, generated = triple
    codec = stages.model.codec
    samples, rate = vocal.shape[1] * codec.hop_length, codec.sample_rate
    sounds = {
        "vocal": codec.decode(stages.model.vocal_normaliser.denormalise(vocal.cpu()), samples),
        "true": stages.decode(true.cpu(), samples, rate),
        "generated": stages.decode(generated.cpu(), samples, rate),
    }
    sounds = {name: normalise_loudness(x, rate, REFERENCE_LOUDNESS) for name, x in sounds.items()}
    sounds["mix"] = sounds["vocal"] + sounds["generated"]
    return {name: limit_true_peak(sound, rate) for name, sound in sounds.items()}


def _log_sounds(
    loggers: Sequence[Logger], title: str, folder: Path, sounds: Sounds, rate: int, step: int | None
) -> None:
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            files = [str(folder / f"{name}.wav") for name in sounds]
            logger.log_audio(title, files, step, caption=list(sounds))
        elif isinstance(logger, TensorBoardLogger):
            for name, sound in sounds.items():
                mono = to_mono(sound)[None]
                logger.experiment.add_audio(f"{title}/{name}", mono, step, sample_rate=rate)


def _log_picture(loggers: Sequence[Logger], title: str, picture: Path, step: int | None) -> None:
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            logger.log_image(title, [str(picture)], step)
        elif isinstance(logger, TensorBoardLogger):
            from matplotlib.image import imread

            logger.experiment.add_image(title, imread(picture), step, dataformats="HWC")
