"""A voice goes in, a band comes out."""

from collections.abc import Callable
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
from samuel_gen.audio.resample import resample, to_stereo
from samuel_gen.audio.vocal import check_vocal
from samuel_gen.build import TRUSTED, build
from samuel_gen.checkpoint import Checkpoint
from samuel_gen.codecs.codec import LatentCodec
from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.diffusion.denoiser import Denoiser, Latents, Vocal
from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.objective import Objective, Parametrised
from samuel_gen.diffusion.samplers import OnStep, unipc
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.diffusion.windows import Windowed
from samuel_gen.errors import SamuelError

Stereo = Float[Tensor, "2 samples"]

BAND_BELOW_VOICE = 2.0
WINDOW_FRAMES = 1024
OVERLAP_FRAMES = 256

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
    """

    accompaniment: Stereo
    mix: Stereo
    sample_rate: int
    latents: Float[Tensor, "channels frames"]


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
        checkpoint = Checkpoint.load(path)
        config = checkpoint.config
        if config["codec"] is None:
            raise SamuelError(
                f"{path}: trained on latents of an unknown codec; expected one that can be heard; "
                "train on a data set that samuel-encode made"
            )
        codec = build(config["codec"], allow=TRUSTED)
        unlike = checkpoint.codec_identity.difference(codec.identity)
        if unlike:
            raise SamuelError(
                f"{path}: made for another codec ({unlike}); expected the codec it was trained "
                "with; use the version of samuel_gen that wrote it, or train again"
            )
        denoiser = build(config["model"], allow=TRUSTED)
        try:
            denoiser.load_state_dict(checkpoint.weights)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise SamuelError(
                f"{path}: weights that do not fit its own configuration ({reason}); expected a "
                "whole checkpoint; copy it again"
            ) from None
        return cls(
            denoiser,
            build(config["schedule"], allow=TRUSTED),
            build(config["objective"], allow=TRUSTED),
            codec,
            checkpoint.vocal_normaliser,
            checkpoint.accompaniment_normaliser,
            device,
        )

    def encode(self, vocal: Float[Tensor, "channels samples"], sample_rate: int) -> Vocal:
        """What the denoiser hears of a recording, as a batch of one.

        Args:
            vocal: any rate, any number of channels, any level.
            sample_rate: Hz.
        """
        heard = resample(to_stereo(vocal), sample_rate, self.codec.sample_rate)
        heard = with_loudness(heard, self.codec.sample_rate, REFERENCE_LOUDNESS)
        latents = self.vocal_normaliser.normalise(self.codec.encode(heard))
        melody = melody_track(heard, self.codec.sample_rate, self.codec.hop_length).features
        return Vocal.of(latents[None], melody[None])

    @torch.inference_mode()
    def sample(
        self,
        vocal: Vocal,
        *,
        seed: int = 0,
        sampler: Callable[..., Latents] = DEFAULT_SAMPLER,
        guidance: Callable[[Denoiser, NoiseSchedule], Denoiser] = DEFAULT_GUIDANCE,
        on_step: OnStep | None = None,
    ) -> Latents:
        """Latents of accompaniments, one per item; long ones over overlapping windows.

        Args:
            vocal: what `encode` gave, or several of them as a batch.
            seed: of the noise, which is drawn on the CPU: the same on every device.
            sampler: one of `diffusion.samplers` with its `num_steps` given.
            guidance: wraps the denoiser; `functools.partial(Guided, scale=...)`.
            on_step: looks on, see `diffusion.samplers`.
        """
        generator = torch.Generator().manual_seed(seed)
        items, _, frames = vocal.latents.shape
        channels = len(self.accompaniment_normaliser.mean)
        noise = torch.randn((items, channels, frames), generator=generator)
        denoiser = Parametrised(self.denoiser, self.objective, self.schedule)
        windowed = Windowed(denoiser, WINDOW_FRAMES, OVERLAP_FRAMES)
        return sampler(
            guidance(windowed, self.schedule),
            noise.to(self.device),
            vocal.to(self.device),
            self.schedule,
            generator=generator,
            on_step=on_step,
        )

    def decode(
        self, latents: Float[Tensor, "channels frames"], num_samples: int, sample_rate: int
    ) -> Stereo:
        """The sound of one item's latents, `num_samples` long at `sample_rate` Hz.

        Raises:
            SamuelError: the latents are not finite or sound like nothing.
        """
        if not torch.isfinite(latents).all():
            raise SamuelError(
                "the generated latents are NaN or infinite; expected finite numbers; the "
                "checkpoint is not healthy: use another one, or a lower guidance.scale"
            )
        inside = -(-num_samples * self.codec.sample_rate // sample_rate)
        raw = self.accompaniment_normaliser.denormalise(latents.float().cpu())
        sound = self.codec.decode(raw, min(inside, raw.shape[-1] * self.codec.hop_length))
        sound = resample(sound, self.codec.sample_rate, sample_rate)
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
        on_step: OnStep | None = None,
        name: str = "vocal",
    ) -> Accompaniment:
        """A band for a recorded voice, aligned with it to the sample.

        Args:
            vocal: the recording, at least 1 s, full scale 1.
            sample_rate: Hz; what is returned has the same.
            seed, sampler, guidance, on_step: see `sample`.
            name: what errors call the recording.

        Raises:
            SamuelError: the recording is too short, silent or not finite, or nothing usable came
                out.
        """
        check_vocal(vocal, sample_rate, name)
        latents = self.sample(
            self.encode(vocal, sample_rate),
            seed=seed,
            sampler=sampler,
            guidance=guidance,
            on_step=on_step,
        )[0]
        band = self.decode(latents, vocal.shape[-1], sample_rate)
        voice = to_stereo(vocal)
        level = integrated_loudness(voice, sample_rate) - BAND_BELOW_VOICE
        band = limit_true_peak(with_loudness(band, sample_rate, level), sample_rate)
        mix = limit_true_peak(voice + band, sample_rate)
        return Accompaniment(band, mix, sample_rate, latents.cpu())


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
