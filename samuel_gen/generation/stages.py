"""The three stages of generation: a voice is heard, latents are sampled, a band is played."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.analysis.melody import track_melody
from samuel_gen.analysis.recording_report import read_take
from samuel_gen.audio.edits import Spooled
from samuel_gen.audio.loudness import REFERENCE_LOUDNESS, LoudnessMeter, metered
from samuel_gen.audio.recording import Recording, Sound
from samuel_gen.audio.resample import tuned_rate
from samuel_gen.audio.streams import resampled_blocks
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.codecs.streaming import decode_blocks, encode_blocks
from samuel_gen.diffusion.denoiser import Denoiser, Latents, Vocal
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.objective import Objective, Parametrised
from samuel_gen.diffusion.randomness import Randomness, standard_normal
from samuel_gen.diffusion.samplers import OnStep, unipc
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.diffusion.windows import Windowed
from samuel_gen.errors import SamuelError
from samuel_gen.generation.devices import device_named, ready
from samuel_gen.generation.mixing import Level, decibels

Stereo = Float[Tensor, "2 samples"]
Voice = Float[Tensor, "channels samples"] | Recording

WINDOW_FRAMES = 1024
OVERLAP_FRAMES = 256

DEFAULT_SAMPLER: Callable[..., Latents] = partial(unipc, num_steps=16)
DEFAULT_GUIDANCE: Callable[[Denoiser, NoiseSchedule], Denoiser] = partial(
    Guided, scale=6.0, interval=(0.3, 1.0)
)


class Stages:
    """A trained denoiser with all that it needs to hear a voice and to be heard.

    A `vocal` is a tensor of samples (channels, samples; full scale is 1; any level) with its
    `sample_rate` in Hz, or a `Recording`, such as `SoundFile("take.wav")`, which is never in
    memory as a whole.

    Args:
        denoiser: the network, in the parametrisation that `objective` says.
        schedule: the noise schedule it was trained on.
        objective: what the network predicts.
        codec: between audio and latents.
        vocal_normaliser, accompaniment_normaliser: from the codec's latents to the network's.
        device: where the network runs: "auto" (CUDA, else MPS, else CPU) or a torch device.
    """

    def __init__(
        self,
        denoiser: nn.Module,
        schedule: NoiseSchedule,
        objective: Objective,
        codec: LatentCodec,
        vocal_normaliser: LatentNormaliser,
        accompaniment_normaliser: LatentNormaliser,
        device: str = "auto",
    ) -> None:
        self.device = device_named(device)
        self.denoiser = denoiser.to(self.device).eval()
        self.schedule = schedule
        self.objective = objective
        self.codec = codec
        self.vocal_normaliser = vocal_normaliser
        self.accompaniment_normaliser = accompaniment_normaliser

    def tuning(self, vocal: Voice, sample_rate: int | None = None) -> float:
        """How far the singer lies above A = 440 Hz [cents], 0 where that cannot be told."""
        voice = recording_of(vocal, sample_rate)
        rate = voice.sample_rate
        return read_take(voice.blocks(rate), rate).sure_tuning

    @torch.inference_mode()
    def encode(
        self, vocal: Voice, sample_rate: int | None = None, tuning_cents: float = 0.0
    ) -> Vocal:
        """What the denoiser hears of a recording, as a batch of one.

        Args:
            vocal, sample_rate: see the class.
            tuning_cents: how far the singer lies above A = 440 Hz; the network hears the voice in
                tune, and slower by as much. Give `decode` the same.
        """
        voice = recording_of(vocal, sample_rate)
        played, codec = tuned_rate(self.codec.sample_rate, tuning_cents), self.codec
        meter = LoudnessMeter(codec.sample_rate)
        melody = track_melody(
            metered(voice.blocks(played), meter), codec.sample_rate, codec.hop_length
        )
        loudness = meter.integrated()
        gain = decibels(REFERENCE_LOUDNESS - loudness) if loudness > -float("inf") else 1.0
        blocks = (gain * block for block in voice.blocks(played))
        latents = torch.cat(list(encode_blocks(codec, blocks)), dim=1)
        return Vocal.of(self.vocal_normaliser.normalise(latents)[None], melody.features[None])

    @torch.inference_mode()
    def sample(
        self,
        vocal: Vocal,
        *,
        seed: int | Sequence[int] = 0,
        generator: Randomness = None,
        sampler: Callable[..., Latents] = DEFAULT_SAMPLER,
        guidance: Callable[[Denoiser, NoiseSchedule], Denoiser] = DEFAULT_GUIDANCE,
        known: Callable[[Denoiser, NoiseSchedule], Denoiser] | None = None,
        on_step: OnStep | None = None,
    ) -> Latents:
        """Latents of accompaniments, one per item; long ones over overlapping windows.

        Args:
            vocal: what `encode` gave, or several of them as a batch (`Vocal.concat`).
            seed: of the noise, which is drawn on the CPU: the same on every device. Several seeds
                are one for each item, which then gets what it would get alone.
            generator: draws the noise instead of a seed; on the CPU, or one for each item.
            sampler: one of `diffusion.samplers` with its `num_steps` given.
            guidance: wraps the denoiser; `functools.partial(Guided, scale=...)`.
            known: wraps it again, where some frames are given: `functools.partial(Known, ...)`.
            on_step: looks on, see `diffusion.samplers`.
        """
        if generator is None:
            seeds = [seed] if isinstance(seed, int) else seed
            each = [torch.Generator().manual_seed(number) for number in seeds]
            generator = each[0] if isinstance(seed, int) else each
        items, _, frames = vocal.latents.shape
        shape = (items, len(self.accompaniment_normaliser.mean), frames)
        noise = standard_normal(torch.empty(shape, device=self.device), generator)
        network = ready(self.denoiser, self.device)
        denoiser: Denoiser = Parametrised(network, self.objective, self.schedule)
        denoiser = guidance(Windowed(denoiser, WINDOW_FRAMES, OVERLAP_FRAMES), self.schedule)
        if known is not None:
            denoiser = known(denoiser, self.schedule)
        return sampler(
            denoiser,
            noise,
            vocal.to(self.device),
            self.schedule,
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
        """The sound of one item's latents, `num_samples` long at `sample_rate` Hz.

        Args:
            latents: of `sample`.
            num_samples, sample_rate: of the result.
            tuning_cents: how far above A = 440 Hz it shall be; as given to `encode`.

        Raises:
            SamuelError: the latents are not finite or sound like nothing.
        """
        spool, _ = self.played(latents, num_samples, sample_rate, tuning_cents)
        return torch.cat(list(spool.blocks(sample_rate)), dim=1)

    def played(
        self,
        latents: Float[Tensor, "channels frames"],
        num_samples: int,
        sample_rate: int,
        tuning_cents: float,
    ) -> tuple[Spooled, Level]:
        """As `decode`, but kept on disk, with its level."""
        if not torch.isfinite(latents).all():
            raise SamuelError(
                "the generated latents are NaN or infinite; expected finite numbers; the "
                "checkpoint is not healthy: use another one, or a lower guidance.scale"
            )
        rate = tuned_rate(self.codec.sample_rate, tuning_cents)
        inside = min(
            -(-num_samples * rate // sample_rate), latents.shape[1] * self.codec.hop_length
        )
        raw = self.accompaniment_normaliser.denormalise(latents.float().cpu())
        level = Level(sample_rate)
        blocks = resampled_blocks(
            decode_blocks(self.codec, raw, inside), rate, sample_rate, num_samples
        )
        spool = Spooled(level.watch(blocks), sample_rate)
        if level.loudness == -float("inf"):
            raise SamuelError(
                "the generated accompaniment is silent; expected music; try another seed or "
                "another checkpoint"
            )
        return spool, level


def recording_of(vocal: Voice, sample_rate: int | None, name: str = "vocal") -> Recording:
    """The recording, or the samples as one; see `Stages`.

    Raises:
        SamuelError: samples without a rate, or some that are not finite.
    """
    if not isinstance(vocal, Tensor):
        return vocal
    if sample_rate is None:
        raise SamuelError(f"{name}: samples without a sample_rate; expected its Hz; give it")
    if not torch.isfinite(vocal).all():
        raise SamuelError(
            f"{name}: NaN or infinite samples; expected finite samples; export the recording again"
        )
    return Sound(vocal, sample_rate)
