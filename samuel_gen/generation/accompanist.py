"""A voice goes in, a band comes out."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from samuel_gen.audio.edits import Louder
from samuel_gen.audio.recording import Summed
from samuel_gen.audio.resample import tuned_rate
from samuel_gen.audio.vocal import check_measured
from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.checkpoint.hub import checkpoint_file, push
from samuel_gen.checkpoint.loading import released_parts
from samuel_gen.diffusion.denoiser import Denoiser, Latents, Vocal
from samuel_gen.diffusion.inpainting import Known
from samuel_gen.diffusion.samplers import OnStep
from samuel_gen.diffusion.schedules import NoiseSchedule
from samuel_gen.errors import SamuelError
from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.mixing import level_of, mixed, spliced, stem_gain
from samuel_gen.generation.segment import Stretch
from samuel_gen.generation.stages import (
    DEFAULT_GUIDANCE,
    DEFAULT_SAMPLER,
    OVERLAP_FRAMES,
    WINDOW_FRAMES,
    Stages,
    Voice,
    recording_of,
)

BAND_BELOW_VOICE = 2.0
CROSSFADE = 0.05  # s, between a stretch that was made anew and its neighbours


class Accompanist(Stages):
    """Makes accompaniments with a trained denoiser; `encode`, `sample` and `decode` stand alone.

    For what it is made of, see `Stages`.

    Attributes:
        checkpoint: the file that it was read from, if any.
    """

    checkpoint: Path | None = None

    @classmethod
    def from_pretrained(
        cls, name: str | Path = SHIPPED, device: str = "auto", revision: str | None = None
    ) -> "Accompanist":
        """The accompanist that a released checkpoint describes.

        Args:
            name: a `.safetensors` file that samuel-train wrote, or USER/NAME on the Hugging Face
                hub (needs `samuel-gen[hub]`); left out, the weights in the package.
            device: see the class.
            revision: branch, tag or commit on the hub.

        Raises:
            SamuelError: the file cannot be had or used, or was made for another codec than this
                version's.
        """
        path = checkpoint_file(name, revision)
        accompanist = cls(**released_parts(path), device=device)
        accompanist.checkpoint = path
        return accompanist

    def push_to_hub(
        self, repo_id: str, *, private: bool = False, message: str | None = None
    ) -> str:
        """Share the checkpoint and a card that describes it; returns the URL.

        Args:
            repo_id, private, message: see `samuel_gen.checkpoint.hub.push`.

        Raises:
            SamuelError: it was read from no checkpoint, or the hub does not take it.
        """
        if self.checkpoint is None:
            raise SamuelError(
                f"{repo_id}: this accompanist was made of parts; expected one of a checkpoint; "
                "use Accompanist.from_pretrained"
            )
        return push(self.checkpoint, repo_id, private=private, message=message)

    def accompany(
        self,
        vocal: Voice,
        sample_rate: int | None = None,
        *,
        seed: int = 0,
        sampler: Callable[..., Latents] = DEFAULT_SAMPLER,
        guidance: Callable[[Denoiser, NoiseSchedule], Denoiser] = DEFAULT_GUIDANCE,
        tuning_cents: float | None = None,
        balance: float = 0.0,
        on_step: OnStep | None = None,
        name: str = "vocal",
    ) -> Accompaniment:
        """A band for a recorded voice, aligned with it to the sample: `takes` of one seed."""
        (only,) = self.takes(
            vocal,
            sample_rate,
            seeds=[seed],
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
        vocal: Voice,
        sample_rate: int | None = None,
        seeds: Sequence[int] = (0,),
        *,
        by_melody: Collection[int] = (),
        sampler: Callable[..., Latents] = DEFAULT_SAMPLER,
        guidance: Callable[[Denoiser, NoiseSchedule], Denoiser] = DEFAULT_GUIDANCE,
        tuning_cents: float | None = None,
        balance: float = 0.0,
        on_step: OnStep | None = None,
        name: str = "vocal",
    ) -> list[Accompaniment]:
        """Several bands for a recorded voice, made in one batch, one for each seed.

        Args:
            vocal, sample_rate: see the class; at least 1 s. What is returned has the same rate
                and length.
            seeds: of the noise; each gives what it would give alone, within rounding.
            by_melody: those of them that hear the voice's melody alone and not its latents: further
                from what is sung, and safer with a voice unlike all that were trained on.
            sampler, guidance, on_step: see `sample`.
            tuning_cents: how far the singer lies above A = 440 Hz, and so the band; None is as
                far as `tuning` hears, 0 leaves the voice as it is.
            balance: dB by which the bands are louder than BAND_BELOW_VOICE says.
            name: what errors call the recording.

        Raises:
            SamuelError: the recording is too short, silent or not finite, or nothing usable came
                out.
        """
        voice = recording_of(vocal, sample_rate, name)
        own = level_of(voice)
        check_measured(voice.samples / voice.sample_rate, own.loudness, name)
        cents = self.tuning(voice) if tuning_cents is None else tuning_cents
        whole = self.encode(voice, tuning_cents=cents)
        melody = replace(whole, latents_given=torch.zeros_like(whole.latents_given))
        heard = [melody if seed in by_melody else whole for seed in seeds]
        every = self.sample(
            Vocal.concat(heard),
            seed=seeds,
            sampler=sampler,
            guidance=guidance,
            on_step=on_step,
        )
        made = []
        for seed, own_heard, latents in zip(seeds, heard, every.cpu(), strict=True):
            spool, level = self.played(latents, voice.samples, voice.sample_rate, cents)
            gain = stem_gain(level, own.loudness - BAND_BELOW_VOICE + balance)
            stem = Louder(spool, gain)
            blend = mixed(voice, stem)
            made.append(Accompaniment(voice, stem, blend, own_heard, latents, seed, cents, gain))
        return made

    def redo(
        self,
        made: Accompaniment,
        start: float | int,
        stop: float | int,
        *,
        seed: int,
        sampler: Callable[..., Latents] = DEFAULT_SAMPLER,
        guidance: Callable[[Denoiser, NoiseSchedule], Denoiser] = DEFAULT_GUIDANCE,
        on_step: OnStep | None = None,
    ) -> Accompaniment:
        """The same with one stretch made anew, to fit what stands around it.

        Outside the stretch every sample stays as it was; inside, at either end, old and new cross
        over 50 ms. Where the new would clip it is turned down.

        Args:
            made: what `accompany`, `takes` or `redo` returned.
            start, stop: of the stretch [s].
            seed: of its noise.
            sampler, guidance, on_step: see `sample`.

        Raises:
            SamuelError: no such stretch, or one that is too short, or nothing usable came out.
        """
        rate = made.sample_rate
        played = tuned_rate(self.codec.sample_rate, made.tuning_cents) / self.codec.hop_length
        place = Stretch(start, stop, made.stem.samples, rate, made.latents.shape[1], played)
        window, inside = place.window(WINDOW_FRAMES, OVERLAP_FRAMES), place.inside
        given = made.latents[None, :, window].to(self.device)
        anew = self.sample(
            made.heard.frames(window.start, window.stop),
            seed=seed,
            sampler=sampler,
            guidance=guidance,
            known=partial(Known, clean=given, share=place.known[window].to(self.device)),
            on_step=on_step,
        )
        latents = made.latents.clone()
        latents[:, window] = anew[0].cpu()
        latents[:, : inside.start] = made.latents[:, : inside.start]
        latents[:, inside.stop :] = made.latents[:, inside.stop :]

        sound = self.decode(
            latents[:, place.decoded], place.decoded_samples, rate, made.tuning_cents
        )
        patch = made.gain * sound[:, place.place_in_decoded]
        fade = round(CROSSFADE * rate)
        stem = spliced(made.voice, made.stem, made.blend.gain, place.place.start, patch, fade)
        blend = Louder(Summed([made.voice, stem]), made.blend.gain)
        return replace(made, stem=stem, blend=blend, latents=latents)
