"""Regeneration of one segment of an accompaniment."""

from dataclasses import replace
from functools import partial

from samuel_gen.audio.limiter import LimitedRecording
from samuel_gen.audio.recording import SummedRecording
from samuel_gen.audio.resample import tuned_rate
from samuel_gen.diffusion.guidance import Guidance
from samuel_gen.diffusion.inpainting import Inpainted
from samuel_gen.diffusion.samplers import OnStep, PreparedSampler
from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.mixing import CEILING, splice_segment
from samuel_gen.generation.segment import Segment
from samuel_gen.generation.stages import OVERLAP_FRAMES, WINDOW_FRAMES, Stages

CROSSFADE = 0.05  # s, between a regenerated segment and its neighbours


def regenerate_segment(
    stages: Stages,
    old: Accompaniment,
    seconds: tuple[float | int, float | int],
    *,
    seed: int,
    sampler: PreparedSampler | None,
    guidance: Guidance | None,
    on_step: OnStep | None,
) -> Accompaniment:
    """Sample a segment again, given the latents around it, and splice it into the accompaniment.

    Args:
        stages: the stages of generation with the model that made `old`.
        old: the accompaniment.
        seconds: start and stop of the segment in seconds.
        seed: the seed of the segment's noise.
        sampler, guidance, on_step: as in `Stages.sample`.

    Raises:
        SamuelError: the segment is too short or not inside the sound, or nothing usable came out.
    """
    rate, codec = old.sample_rate, stages.model.codec
    frames_per_second = tuned_rate(codec.sample_rate, old.tuning_cents) / codec.hop_length
    samples, num_frames = old.accompaniment_recording.samples, old.latents.shape[1]
    segment = Segment(*seconds, samples, rate, num_frames, frames_per_second)

    window, frames = segment.window(WINDOW_FRAMES, OVERLAP_FRAMES), segment.frames
    clean = old.latents[None, :, window].to(stages.device)
    share = segment.kept_share[window].to(stages.device)
    sampled = stages.sample(
        old.encoded_vocal.select_frames(window.start, window.stop),
        seed=seed,
        sampler=sampler,
        guidance=guidance,
        inpainting=partial(Inpainted, clean=clean, share=share),
        on_step=on_step,
    )
    latents = old.latents.clone()
    latents[:, window] = sampled[0].cpu()
    latents[:, : frames.start] = old.latents[:, : frames.start]
    latents[:, frames.stop :] = old.latents[:, frames.stop :]

    sound = stages.decode(
        latents[:, segment.decoded_frames], segment.decoded_samples, rate, old.tuning_cents
    )
    patch = old.gain * sound[:, segment.samples_in_decoded]
    spliced = splice_segment(
        old.accompaniment_recording, segment.samples.start, patch, round(CROSSFADE * rate)
    )
    mixed = LimitedRecording(SummedRecording([old.vocal, spliced]), old.mix_recording.gain, CEILING)
    return replace(old, accompaniment_recording=spliced, mix_recording=mixed, latents=latents)
