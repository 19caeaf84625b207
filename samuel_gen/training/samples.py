"""What the model plays: accompaniments of validation songs, to hear and to see."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jaxtyping import Float
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger
from torch import Tensor

from samuel_gen.audio.files import write_audio
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, limit_true_peak, with_loudness
from samuel_gen.diffusion.denoiser import Denoiser, Latents
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.diffusion.statistics import SamplingStatistics
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.plots import sampling_plot, spectrograms_plot

Sounds = dict[str, Float[Tensor, "2 samples"]]


def write_samples(
    accompanist: Accompanist,
    data: Any,
    folder: Path,
    loggers: Sequence[Logger],
    *,
    sampler: Callable[..., Latents],
    guidance: Callable[[Denoiser, NoiseSchedule], Denoiser],
    songs: int = 1,
    step: int | None = None,
) -> None:
    """Generate for the first items of the validation split and log what came out.

    Args:
        accompanist: plays.
        data: the data module of the run, set up.
        folder: gets voice, true, generated and mixed WAVs (through the codec), and two plots; of
            several songs, each has a folder of its own in it.
        loggers: W&B and TensorBoard, where they are among them, get the sounds and pictures too.
        sampler, guidance: see `Accompanist.sample`.
        songs: how many, at most a batch.
        step: of the training; None is its end.
    """
    batch = next(iter(data.val_dataloader()))
    songs = min(songs, len(batch))
    chosen = slice(0, songs)
    statistics = SamplingStatistics()
    latents = accompanist.sample(
        batch.vocal.select(chosen),
        seed=list(range(songs)),
        sampler=sampler,
        guidance=guidance,
        on_step=statistics,
    )
    rate = accompanist.codec.sample_rate
    sampling = folder / "sampling.png"
    folder.mkdir(parents=True, exist_ok=True)
    sampling_plot(statistics, accompanist.schedule, sampling)
    _show(loggers, "heard/sampling", sampling, step)
    for song in range(songs):
        own = folder / f"song{song + 1}" if songs > 1 else folder
        frames = int(batch.valid_frames[song])
        triple = (batch.vocal.latents, batch.accompaniment, latents)
        sounds = _decoded(accompanist, [each[song, :, :frames] for each in triple])
        for name, sound in sounds.items():
            write_audio(own / f"{name}.wav", sound, rate)
        picture = own / "spectrograms.png"
        spectrograms_plot(sounds, rate, picture)
        _play(loggers, f"heard/song{song + 1}", own, sounds, rate, step)
        _show(loggers, f"heard/spectrograms{song + 1}", picture, step)


def _decoded(accompanist: Accompanist, triple: Sequence[Float[Tensor, "channels _"]]) -> Sounds:
    """Voice, true and generated band through the codec at one loudness, and the mix."""
    voice, true, generated = triple
    codec = accompanist.codec
    samples, rate = voice.shape[1] * codec.hop_length, codec.sample_rate
    sounds = {
        "voice": codec.decode(accompanist.vocal_normaliser.denormalise(voice.cpu()), samples),
        "true": accompanist.decode(true.cpu(), samples, rate),
        "generated": accompanist.decode(generated.cpu(), samples, rate),
    }
    sounds = {name: with_loudness(x, rate, REFERENCE_LOUDNESS) for name, x in sounds.items()}
    sounds["mix"] = sounds["voice"] + sounds["generated"]
    return {name: limit_true_peak(sound, rate) for name, sound in sounds.items()}


def _play(
    loggers: Sequence[Logger], title: str, folder: Path, sounds: Sounds, rate: int, step: int | None
) -> None:
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            files = [str(folder / f"{name}.wav") for name in sounds]
            logger.log_audio(title, files, step, caption=list(sounds))
        elif isinstance(logger, TensorBoardLogger):
            for name, sound in sounds.items():
                mono = sound.mean(0, keepdim=True)
                logger.experiment.add_audio(f"{title}/{name}", mono, step, sample_rate=rate)


def _show(loggers: Sequence[Logger], title: str, picture: Path, step: int | None) -> None:
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            logger.log_image(title, [str(picture)], step)
        elif isinstance(logger, TensorBoardLogger):
            from matplotlib.image import imread

            logger.experiment.add_image(title, imread(picture), step, dataformats="HWC")
