"""The three stages of generation: encode the vocal, sample latents, decode them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.prepared_vocal import prepare_vocal
from samuel_gen.analysis.recording_report import RecordingReport
from samuel_gen.audio.edits import SpooledRecording
from samuel_gen.audio.loudness import LoudnessPeakMeter, meter_blocks
from samuel_gen.audio.phase import bring_in_phase
from samuel_gen.audio.recording import MemoryRecording, Recording
from samuel_gen.audio.resample import resampled_length, tuned_rate
from samuel_gen.audio.streams import resampled_blocks
from samuel_gen.checkpoint.loading import TrainedModel
from samuel_gen.codecs.streaming import decode_blocks
from samuel_gen.diffusion.denoiser import Denoiser, Latents, Vocal
from samuel_gen.diffusion.guidance import Guidance
from samuel_gen.diffusion.objective import VelocityDenoiser
from samuel_gen.diffusion.randomness import Randomness, draw_noise
from samuel_gen.diffusion.samplers import OnStep, PreparedSampler
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.diffusion.windows import Windowed
from samuel_gen.errors import SamuelError
from samuel_gen.generation.defaults import default_guidance, default_sampler
from samuel_gen.generation.devices import find_device, prepare_network
from samuel_gen.lead_sheet.frames import beat_frames, chord_frames
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.lead_sheet.style import style_number

Stereo = Float[Tensor, "2 samples"]
VocalSound = Float[Tensor, "channels samples"] | Recording

WINDOW_FRAMES = 1024
OVERLAP_FRAMES = 256


class Stages:
    """The stages of generation with one trained model, each of them usable alone.

    Args:
        model: the trained model.
        device: the device of the network: "auto" (CUDA, else MPS, else CPU) or a torch device.

    Raises:
        SamuelError: the device is not on this machine.
    """

    def __init__(self, model: TrainedModel, device: str = "auto") -> None:
        self.model = model
        self.device = find_device(device)
        self.denoiser = model.denoiser.to(self.device).eval()

    @torch.inference_mode()
    def encode(
        self,
        vocal: VocalSound,
        sample_rate: int | None = None,
        tuning_cents: float = 0.0,
        lead_sheet: LeadSheet | None = None,
        report: RecordingReport | None = None,
    ) -> Vocal:
        """Encode a vocal and its lead sheet into the views that the network is given.

        Args:
            vocal: the samples, (channels, samples), at any level; or a recording.
            sample_rate: the rate of the samples in Hz; a recording knows its own.
            tuning_cents: the singer's offset from A = 440 Hz. The network gets the vocal in tune,
                and slower or faster by as much. Give `decode` the same value.
            lead_sheet: the lead sheet on the time of the recording, its chords in the singer's
                tuning. One that ends before the vocal is continued.
            report: the analysis of the vocal, if it was made before; loudness and melody are then
                not measured again.

        Returns:
            a batch of one.

        Raises:
            SamuelError: the lead sheet begins after the end of the vocal.
        """
        recording = bring_in_phase(to_recording(vocal, sample_rate))
        codec = self.model.codec
        rate = tuned_rate(codec.sample_rate, tuning_cents)
        known = None
        if report is not None:
            samples = resampled_length(recording.samples, recording.sample_rate, rate)
            frames = -(-samples // codec.hop_length)
            melody = report.melody_on_frames(frames, codec.hop_length / rate)
            known = report.stereo_loudness, melody
        prepared = prepare_vocal(lambda: recording.blocks(rate), codec, known)
        latents = self.model.vocal_normaliser.normalise(prepared.latents)
        encoded = Vocal.of(latents[None], prepared.melody.features[None])
        if lead_sheet is None:
            return encoded
        seconds = recording.samples / recording.sample_rate
        return _add_sheet(encoded, lead_sheet, codec.hop_length / rate, seconds)

    @torch.inference_mode()
    def sample(
        self,
        vocal: Vocal,
        *,
        seed: int | Sequence[int] = 0,
        generator: Randomness = None,
        sampler: PreparedSampler | None = None,
        guidance: Guidance | None = None,
        inpainting: Callable[[Denoiser, NoiseSchedule], Denoiser] | None = None,
        on_step: OnStep | None = None,
    ) -> Latents:
        """Sample the latents of accompaniments, one per item; long ones in overlapping windows.

        Args:
            vocal: the result of `encode`, or several of them as a batch (`Vocal.concat`).
            seed: the seed of the noise, which is drawn on the CPU: the same on every device. With
                one seed for each item, each item gets what it would get alone.
            generator: the source of the noise instead of a seed: a CPU generator, or one for each
                item.
            sampler: a function of `diffusion.samplers` with its `num_steps` given; None is the
                default of configs/sampler.
            guidance: a function that wraps the denoiser, such as `partial(Guided, scale=4.0)`;
                None is the default of configs/guidance.
            inpainting: a function that wraps the guided denoiser, such as
                `partial(Inpainted, ...)`, where some frames are given.
            on_step: a function that is called after each step with its number, the noisy latents
                and the clean prediction.

        Returns:
            the clean latents in the network's scale, (batch, channels, frames).
        """
        sampler, guidance = sampler or default_sampler(), guidance or default_guidance()
        if generator is None:
            seeds = [seed] if isinstance(seed, int) else seed
            each = [torch.Generator().manual_seed(number) for number in seeds]
            generator = each[0] if isinstance(seed, int) else each
        items, _, frames = vocal.latents.shape
        shape = (items, len(self.model.accompaniment_normaliser.mean), frames)
        noise = draw_noise(torch.empty(shape, device=self.device), generator)
        schedule = self.model.schedule
        network = prepare_network(self.denoiser, self.device)
        denoiser: Denoiser = VelocityDenoiser(network, self.model.objective, schedule)
        denoiser = guidance(Windowed(denoiser, WINDOW_FRAMES, OVERLAP_FRAMES), schedule)
        if inpainting is not None:
            denoiser = inpainting(denoiser, schedule)
        return sampler(
            denoiser,
            noise,
            vocal.to(self.device),
            schedule,
            generator=generator,
            on_step=on_step,
        )

    def decode(
        self,
        latents: Float[Tensor, "channels frames"],
        num_samples: int,
        sample_rate: int,
        tuning_cents: float = 0.0,
    ) -> Stereo:
        """Decode the latents of one item into sound.

        Args:
            latents: one item of the result of `sample`.
            num_samples: the length of the sound in samples.
            sample_rate: the rate of the sound in Hz.
            tuning_cents: the tuning of the sound above A = 440 Hz, as given to `encode`.

        Raises:
            SamuelError: the latents are not finite, or they decode to silence.
        """
        spool, _ = self.decode_to_disk(latents, num_samples, sample_rate, tuning_cents)
        return torch.cat(list(spool.blocks(sample_rate)), dim=1)

    def decode_to_disk(
        self,
        latents: Float[Tensor, "channels frames"],
        num_samples: int,
        sample_rate: int,
        tuning_cents: float,
    ) -> tuple[SpooledRecording, LoudnessPeakMeter]:
        """Decode as `decode` does, but into a temporary file; also return loudness and peak."""
        if not torch.isfinite(latents).all():
            raise SamuelError(
                "the generated latents are NaN or infinite, so the checkpoint is not healthy; use "
                "another checkpoint, or a lower guidance.scale"
            )
        codec = self.model.codec
        rate = tuned_rate(codec.sample_rate, tuning_cents)
        coded = min(-(-num_samples * rate // sample_rate), latents.shape[1] * codec.hop_length)
        raw = self.model.accompaniment_normaliser.denormalise(latents.float().cpu())
        meter = LoudnessPeakMeter(sample_rate)
        blocks = resampled_blocks(decode_blocks(codec, raw, coded), rate, sample_rate, num_samples)
        spool = SpooledRecording(meter_blocks(blocks, meter), sample_rate)
        if meter.loudness == -float("inf"):
            raise SamuelError(
                "the generated accompaniment is silent; try another seed or another checkpoint"
            )
        return spool, meter


def to_recording(vocal: VocalSound, sample_rate: int | None, name: str = "vocal") -> Recording:
    """Return the recording itself, or samples as a recording.

    Args:
        vocal: the samples, (channels, samples), or a recording.
        sample_rate: the rate of the samples in Hz.
        name: the name of the vocal in errors.

    Raises:
        SamuelError: samples come without a rate, or some are not finite.
    """
    if not isinstance(vocal, Tensor):
        return vocal
    if sample_rate is None:
        raise SamuelError(f"{name}: samples without a sample_rate; give their rate in Hz")
    if not torch.isfinite(vocal).all():
        raise SamuelError(f"{name}: NaN or infinite samples; export the recording again")
    return MemoryRecording(vocal, sample_rate)


def _add_sheet(vocal: Vocal, sheet: LeadSheet, frame_seconds: float, seconds: float) -> Vocal:
    """Return a batch of one with the views of its lead sheet.

    Args:
        vocal: the batch.
        sheet: the lead sheet.
        frame_seconds: the length of a frame on the time of the sheet.
        seconds: the length of the vocal.
    """
    if sheet.beats[0] >= seconds:
        raise SamuelError(
            f"the lead sheet begins at {sheet.beats[0]:.2f} s, but the vocal ends at "
            f"{seconds:.2f} s; move its beats"
        )
    sheet, frames = sheet.extend(seconds), vocal.latents.shape[-1]
    style = style_number(sheet.style)
    return replace(
        vocal,
        chords=torch.from_numpy(chord_frames(sheet, frames, frame_seconds))[None],
        beats=torch.from_numpy(beat_frames(sheet, frames, frame_seconds))[None],
        style=torch.tensor([style or 0]),
        chords_given=torch.tensor([bool(sheet.chords)]),
        beats_given=torch.tensor([True]),
        style_given=torch.tensor([style is not None]),
    )
