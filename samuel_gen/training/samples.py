"""What the trained model plays: one validation song's accompaniment, to hear and to see."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger, WandbLogger

from samuel_gen.audio.files import write_audio
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, limit_true_peak, with_loudness
from samuel_gen.diffusion.denoiser import Denoiser, Latents
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.diffusion.statistics import SamplingStatistics
from samuel_gen.generation import Accompanist
from samuel_gen.plots import sampling_plot, spectrograms_plot


def write_sample(
    checkpoint: Path,
    data: Any,
    folder: Path,
    loggers: Sequence[Logger],
    *,
    sampler: Callable[..., Latents],
    guidance: Callable[[Denoiser, NoiseSchedule], Denoiser],
) -> None:
    """Generate for the first item of the validation split and log what came out.

    Args:
        checkpoint: the released file.
        data: the data module of the run, set up.
        folder: gets voice, true, generated and mixed WAVs (through the codec), and two plots.
        loggers: W&B, where it is among them, gets the sounds and the pictures too.
        sampler, guidance: see `Accompanist.sample`.
    """
    accompanist = Accompanist.from_pretrained(checkpoint)
    batch = next(iter(data.val_dataloader()))
    first = slice(0, 1)
    frames = int(batch.valid_frames[0])
    vocal = batch.vocal.select(first).frames(0, frames)
    statistics = SamplingStatistics()
    latents = accompanist.sample(vocal, sampler=sampler, guidance=guidance, on_step=statistics)

    codec = accompanist.codec
    rate, samples = codec.sample_rate, frames * codec.hop_length
    sounds = {
        "voice": codec.decode(accompanist.vocal_normaliser.denormalise(vocal.latents[0]), samples),
        "true": accompanist.decode(batch.accompaniment[0, :, :frames], samples, rate),
        "generated": accompanist.decode(latents[0], samples, rate),
    }
    sounds = {name: with_loudness(x, rate, REFERENCE_LOUDNESS) for name, x in sounds.items()}
    sounds["mix"] = sounds["voice"] + sounds["generated"]
    for name, sound in sounds.items():
        write_audio(folder / f"{name}.wav", limit_true_peak(sound, rate), rate)
    spectrograms_plot(sounds, rate, folder / "spectrograms.png")
    sampling_plot(statistics, accompanist.schedule, folder / "sampling.png")
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            logger.log_audio("sample", [str(folder / f"{name}.wav") for name in sounds])
            logger.log_image("spectrograms", [str(folder / "spectrograms.png")])
            logger.log_image("sampling", [str(folder / "sampling.png")])
