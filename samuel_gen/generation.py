"""A voice goes in, a band comes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from samuel_gen.audio.loudness import (
    REFERENCE_LOUDNESS,
    integrated_loudness,
    limit_true_peak,
    with_loudness,
)
from samuel_gen.audio.melody import melody_track
from samuel_gen.audio.resample import resample, to_stereo, tuned_rate
from samuel_gen.audio.take import FRAME_SECONDS, tuning_confidence
from samuel_gen.audio.vocal import check_vocal
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.diffusion.denoiser import Denoiser, Latents, Vocal
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.objective import Objective, Parametrised
from samuel_gen.diffusion.randomness import standard_normal
from samuel_gen.diffusion.samplers import OnStep, unipc
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.diffusion.windows import Windowed
from samuel_gen.errors import SamuelError
from samuel_gen.released import released_parts

Stereo = Float[Tensor, "2 samples"]

BAND_BELOW_VOICE = 2.0
WINDOW_FRAMES = 1024
OVERLAP_FRAMES = 256
SURE_OF_TUNING = 0.5  # confidence below which a take keeps its own tuning: it may have none

DEFAULT_SAMPLER: Callable[..., Latents] = partial(unipc, num_steps=16)
DEFAULT_GUIDANCE: Callable[[Denoiser, NoiseSchedule], Denoiser] = partial(Guided, scale=2.0)


@dataclass(frozen=True)
class Accompaniment:
    """What was made for one vocal.

    Attributes:
        accompaniment: the band, stereo, full scale 1, true peak at most -1 dBTP.
        mix: the voice with the band, likewise.
        sample_rate: Hz; the vocal's own, and both are as long as the vocal to the sample.
        latents: what the sampler returned, (channels, frames), in the network's scale.
        seed: of its noise.
        tuning_cents: how far above A = 440 Hz the band plays.
    """

    accompaniment: Stereo
    mix: Stereo
    sample_rate: int
    latents: Float[Tensor, "channels frames"]
    seed: int
    tuning_cents: float


class Accompanist:
    """Makes accompaniments with a trained denoiser; `encode`, `sample` and `decode` stand alone.

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
        self.device = _device(device)
        self.denoiser = denoiser.to(self.device).eval()
        self.schedule = schedule
        self.objective = objective
        self.codec = codec
        self.vocal_normaliser = vocal_normaliser
        self.accompaniment_normaliser = accompaniment_normaliser

    @classmethod
    def from_pretrained(cls, path: str | Path, device: str = "auto") -> "Accompanist":
        """The accompanist that a released checkpoint describes.

        Args:
            path: a `.safetensors` file that samuel-train wrote.
            device: see the class.

        Raises:
            SamuelError: the file cannot be used, or was made for another codec than this
                version's.
        """
        return cls(**released_parts(path), device=device)

    def tuning(self, vocal: Float[Tensor, "channels samples"], sample_rate: int) -> float:
        """How far the singer lies above A = 440 Hz [cents], 0 where that cannot be told.

        Args:
            vocal, sample_rate: see `encode`.
        """
        track = melody_track(vocal, sample_rate, max(4, round(FRAME_SECONDS * sample_rate)))
        return track.tuning_cents if tuning_confidence(track) >= SURE_OF_TUNING else 0.0

    def encode(
        self,
        vocal: Float[Tensor, "channels samples"],
        sample_rate: int,
        tuning_cents: float = 0.0,
    ) -> Vocal:
        """What the denoiser hears of a recording, as a batch of one.

        Args:
            vocal: any rate, any number of channels, any level.
            sample_rate: Hz.
            tuning_cents: how far the singer lies above A = 440 Hz; the network hears the voice in
                tune, and slower by as much. Give `decode` the same.
        """
        rate = tuned_rate(self.codec.sample_rate, tuning_cents)
        heard = resample(to_stereo(vocal), sample_rate, rate)
        heard = with_loudness(heard, self.codec.sample_rate, REFERENCE_LOUDNESS)
        latents = self.vocal_normaliser.normalise(self.codec.encode(heard))
        melody = melody_track(heard, self.codec.sample_rate, self.codec.hop_length).features
        return Vocal.of(latents[None], melody[None])

    @torch.inference_mode()
    def sample(
        self,
        vocal: Vocal,
        *,
        seed: int | Sequence[int] = 0,
        sampler: Callable[..., Latents] = DEFAULT_SAMPLER,
        guidance: Callable[[Denoiser, NoiseSchedule], Denoiser] = DEFAULT_GUIDANCE,
        on_step: OnStep | None = None,
    ) -> Latents:
        """Latents of accompaniments, one per item; long ones over overlapping windows.

        Args:
            vocal: what `encode` gave, or several of them as a batch.
            seed: of the noise, which is drawn on the CPU: the same on every device. Several seeds
                are one for each item, which then gets what it would get alone.
            sampler: one of `diffusion.samplers` with its `num_steps` given.
            guidance: wraps the denoiser; `functools.partial(Guided, scale=...)`.
            on_step: looks on, see `diffusion.samplers`.
        """
        seeds = [seed] if isinstance(seed, int) else seed
        generators = [torch.Generator().manual_seed(each) for each in seeds]
        generator = generators[0] if isinstance(seed, int) else generators
        items, _, frames = vocal.latents.shape
        shape = (items, len(self.accompaniment_normaliser.mean), frames)
        noise = standard_normal(torch.empty(shape, device=self.device), generator)
        denoiser = Parametrised(self.denoiser, self.objective, self.schedule)
        windowed = Windowed(denoiser, WINDOW_FRAMES, OVERLAP_FRAMES)
        return sampler(
            guidance(windowed, self.schedule),
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
        if not torch.isfinite(latents).all():
            raise SamuelError(
                "the generated latents are NaN or infinite; expected finite numbers; the "
                "checkpoint is not healthy: use another one, or a lower guidance.scale"
            )
        rate = tuned_rate(self.codec.sample_rate, tuning_cents)
        inside = -(-num_samples * rate // sample_rate)
        raw = self.accompaniment_normaliser.denormalise(latents.float().cpu())
        sound = self.codec.decode(raw, min(inside, raw.shape[-1] * self.codec.hop_length))
        sound = resample(sound, rate, sample_rate)
        if integrated_loudness(sound, sample_rate) == -float("inf"):
            raise SamuelError(
                "the generated accompaniment is silent; expected music; try another seed or "
                "another checkpoint"
            )
        missing = num_samples - sound.shape[-1]
        return torch.nn.functional.pad(sound, (0, missing))  # a negative number crops

    def accompany(
        self,
        vocal: Float[Tensor, "channels samples"],
        sample_rate: int,
        *,
        seed: int = 0,
        sampler: Callable[..., Latents] = DEFAULT_SAMPLER,
        guidance: Callable[[Denoiser, NoiseSchedule], Denoiser] = DEFAULT_GUIDANCE,
        tuning_cents: float | None = None,
        balance: float = 0.0,
        on_step: OnStep | None = None,
        name: str = "vocal",
    ) -> Accompaniment:
        """A band for a recorded voice, aligned with it to the sample; see `takes`.

        Args:
            vocal, sample_rate, sampler, guidance, tuning_cents, balance, on_step, name: see
                `takes`.
            seed: see `sample`.

        Raises:
            SamuelError: see `takes`.
        """
        (only,) = self.takes(
            vocal,
            sample_rate,
            [seed],
            sampler=sampler,
            guidance=guidance,
            tuning_cents=tuning_cents,
            balance=balance,
            on_step=on_step,
            name=name,
        )
        return only

    def takes(
        self,
        vocal: Float[Tensor, "channels samples"],
        sample_rate: int,
        seeds: Sequence[int],
        *,
        sampler: Callable[..., Latents] = DEFAULT_SAMPLER,
        guidance: Callable[[Denoiser, NoiseSchedule], Denoiser] = DEFAULT_GUIDANCE,
        tuning_cents: float | None = None,
        balance: float = 0.0,
        on_step: OnStep | None = None,
        name: str = "vocal",
    ) -> list[Accompaniment]:
        """Several bands for a recorded voice, made in one batch, one for each seed.

        Args:
            vocal: the recording, at least 1 s, full scale 1.
            sample_rate: Hz; what is returned has the same, and is aligned to the sample.
            seeds: of the noise; each gives what it would give alone, within rounding.
            sampler, guidance, on_step: see `sample`.
            tuning_cents: how far the singer lies above A = 440 Hz, and so the band; None is as
                far as `tuning` hears, 0 leaves the voice as it is.
            balance: dB by which the bands are louder than BAND_BELOW_VOICE says.
            name: what errors call the recording.

        Raises:
            SamuelError: the recording is too short, silent or not finite, or nothing usable came
                out.
        """
        check_vocal(vocal, sample_rate, name)
        cents = self.tuning(vocal, sample_rate) if tuning_cents is None else tuning_cents
        heard = Vocal.concat([self.encode(vocal, sample_rate, cents)] * len(seeds))
        every = self.sample(heard, seed=seeds, sampler=sampler, guidance=guidance, on_step=on_step)
        voice = to_stereo(vocal)
        level = integrated_loudness(voice, sample_rate) - BAND_BELOW_VOICE + balance
        made = []
        for seed, latents in zip(seeds, every, strict=True):
            band = self.decode(latents, vocal.shape[-1], sample_rate, cents)
            band = limit_true_peak(with_loudness(band, sample_rate, level), sample_rate)
            mix = limit_true_peak(voice + band, sample_rate)
            made.append(Accompaniment(band, mix, sample_rate, latents.cpu(), seed, cents))
        return made


def _device(name: str) -> torch.device:
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError):
        raise SamuelError(
            f"device={name}: not on this machine; expected auto, cpu, cuda or mps; use auto"
        ) from None
