"""One batch of accompaniments for one vocal, one for each seed."""

from collections.abc import Collection, Sequence

from samuel_gen.analysis.file_report import analyse_file
from samuel_gen.analysis.recording_report import RecordingReport
from samuel_gen.audio.limiter import LimitedRecording
from samuel_gen.audio.recording import Recording
from samuel_gen.audio.validation import check_recording
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.diffusion.guidance import Guidance
from samuel_gen.diffusion.samplers import OnStep, PreparedSampler
from samuel_gen.generation.accompaniment import Accompaniment
from samuel_gen.generation.mixing import CEILING, loudness_gain, mix
from samuel_gen.generation.stages import Stages
from samuel_gen.lead_sheet.sheet import LeadSheet


def generate_batch(
    stages: Stages,
    vocal: Recording,
    seeds: Sequence[int],
    *,
    melody_only: Collection[int] = (),
    sampler: PreparedSampler | None = None,
    guidance: Guidance | None = None,
    lead_sheet: LeadSheet | None = None,
    tuning_cents: float | None = None,
    balance: float = 0.0,
    report: RecordingReport | None = None,
    on_step: OnStep | None = None,
    name: str = "vocal",
) -> list[Accompaniment]:
    """Generate one accompaniment for each seed, all in one batch; none is left out.

    Args:
        stages: the stages of generation.
        vocal: the vocal, at least 1 s long.
        seeds: the seeds of the noise; each gives what it would give alone, within rounding.
        melody_only: the seeds among them that are given the vocal's melody but not its latents.
        sampler, guidance, on_step: as in `Stages.sample`.
        lead_sheet: the lead sheet on the time of the vocal; None for none.
        tuning_cents: the singer's offset from A = 440 Hz, which the accompaniment shares; None
            estimates it, 0 leaves the vocal as it is.
        balance: the loudness of the accompaniment over that of the vocal, in dB.
        report: the analysis of the vocal, if it was made before.
        name: the name of the vocal in errors.

    Raises:
        SamuelError: the vocal is too short or silent, or nothing usable came out.
    """
    rate = vocal.sample_rate
    report = report or analyse_file(vocal)
    loudness = report.stereo_loudness
    check_recording(vocal.samples / rate, loudness, name)
    if tuning_cents is None:
        tuning_cents = report.reliable_tuning
    whole = stages.encode(vocal, tuning_cents=tuning_cents, lead_sheet=lead_sheet, report=report)
    melody = whole.withhold_views(["latents"])
    encoded = [melody if seed in melody_only else whole for seed in seeds]
    sampled = stages.sample(
        Vocal.concat(encoded), seed=seeds, sampler=sampler, guidance=guidance, on_step=on_step
    )
    generated = []
    for seed, own, latents in zip(seeds, encoded, sampled.cpu(), strict=True):
        spool, measured = stages.decode_to_disk(latents, vocal.samples, rate, tuning_cents)
        gain = loudness_gain(measured, loudness + balance)
        accompaniment = LimitedRecording(spool, gain, CEILING)
        generated.append(
            Accompaniment(
                vocal=vocal,
                accompaniment_recording=accompaniment,
                mix_recording=mix(vocal, accompaniment),
                encoded_vocal=own,
                latents=latents,
                seed=seed,
                tuning_cents=tuning_cents,
                gain=gain,
                report=report,
                lead_sheet=lead_sheet,
            )
        )
    return generated
