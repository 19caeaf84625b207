"""The accompanist: a vocal goes in, a fitting accompaniment comes out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from samuel_gen.analysis.file_report import analyse_file
from samuel_gen.analysis.recording_report import RecordingReport
from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.checkpoint.hub import find_checkpoint, push_checkpoint
from samuel_gen.checkpoint.loading import TrainedModel, load_model
from samuel_gen.diffusion.guidance import Guidance
from samuel_gen.diffusion.samplers import OnStep, PreparedSampler
from samuel_gen.errors import SamuelError
from samuel_gen.estimation.estimate import estimate_from_report
from samuel_gen.generation.accompaniment import Accompaniment, rank_by_fit
from samuel_gen.generation.batch import generate_batch
from samuel_gen.generation.candidates import candidate_seeds, melody_only_seeds
from samuel_gen.generation.redo import regenerate_segment
from samuel_gen.generation.stages import Stages, VocalSound, to_recording
from samuel_gen.lead_sheet.sheet import LeadSheet


class Accompanist:
    """Generates accompaniments with a trained model.

    Args:
        model: the trained model.
        device: the device of the network: "auto" (CUDA, else MPS, else CPU) or a torch device.

    Attributes:
        stages: the stages of generation (`encode`, `sample`, `decode`), each usable alone.
        checkpoint: the file that the model was read from, or None.
    """

    checkpoint: Path | None = None

    def __init__(self, model: TrainedModel, device: str = "auto") -> None:
        self.model = model
        self.stages = Stages(model, device)

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path = BUNDLED,
        device: str = "auto",
        revision: str | None = None,
        decoder: str | None = None,
    ) -> "Accompanist":
        """Load the accompanist that a checkpoint describes.

        Args:
            name: a `.safetensors` file that samuel-train wrote, or USER/NAME on the Hugging Face
                hub (needs `samuel-gen[hub]`); left out, the bundled checkpoint.
            device: the device of the network: "auto" (CUDA, else MPS, else CPU) or a torch device.
            revision: the branch, tag or commit on the hub.
            decoder: the decoder of the spectral codec, `learned` or `closed_form`; None for the
                one that the checkpoint names.

        Raises:
            SamuelError: the file cannot be found, downloaded or used, or was made for another
                codec than this version's.
        """
        path = find_checkpoint(name, revision)
        accompanist = cls(load_model(path, decoder), device)
        accompanist.checkpoint = path
        return accompanist

    def push_to_hub(
        self, repo_id: str, *, private: bool = False, message: str | None = None
    ) -> str:
        """Upload the checkpoint and a model card to the Hugging Face hub, and return the URL.

        Args:
            repo_id: USER/NAME on the hub; the repository is created if it is missing.
            private: whether a new repository is visible to its owner only.
            message: the commit's message.

        Raises:
            SamuelError: the accompanist has no checkpoint, or the hub refuses.
        """
        if self.checkpoint is None:
            raise SamuelError(
                f"{repo_id}: this accompanist has no checkpoint to share; load it with "
                "Accompanist.from_pretrained"
            )
        return push_checkpoint(self.checkpoint, repo_id, private=private, message=message)

    def accompany(
        self,
        vocal: VocalSound,
        sample_rate: int | None = None,
        *,
        seed: int = 0,
        candidates: int = 1,
        sampler: PreparedSampler | None = None,
        guidance: Guidance | None = None,
        lead_sheet: LeadSheet | Literal["estimated"] | None = "estimated",
        tuning_cents: float | None = None,
        balance: float = 0.0,
        report: RecordingReport | None = None,
        on_step: OnStep | None = None,
        name: str = "vocal",
    ) -> Accompaniment:
        """Generate an accompaniment: of several candidates the one that fits the vocal best.

        Every second candidate is given only the vocal's melody, not its latents. The result is
        what `samuel-generate` writes for the same settings.

        Args:
            vocal: the samples, (channels, samples), at any level and full scale 1; or a recording,
                such as `SoundFile("take.wav")`, which is never in memory as a whole. It lasts at
                least 1 s.
            sample_rate: the rate of the samples in Hz; a recording knows its own.
            seed: the seed of the noise.
            candidates: the number of candidates.
            sampler: a function of `diffusion.samplers` with its `num_steps` given; None is the
                default of configs/sampler.
            guidance: a function that wraps the denoiser, such as `partial(Guided, scale=4.0)`;
                None is the default of configs/guidance.
            lead_sheet: the lead sheet that the accompaniment follows, on the time of the vocal;
                "estimated" estimates it from the vocal, None leaves beats and chords to the
                network.
            tuning_cents: the singer's offset from A = 440 Hz, which the accompaniment shares; None
                estimates it, 0 leaves the vocal as it is.
            balance: the loudness of the accompaniment over that of the vocal, in dB.
            report: the analysis of the vocal, if it was made before.
            on_step: a function that is called after each step of the sampler.
            name: the name of the vocal in errors.

        Returns:
            the accompaniment, with the vocal's sample rate and length.

        Raises:
            SamuelError: the vocal is too short, silent or not finite, or nothing usable came out.
        """
        (result,) = self.generate_results(
            vocal,
            sample_rate,
            [seed],
            candidates=candidates,
            sampler=sampler,
            guidance=guidance,
            lead_sheet=lead_sheet,
            tuning_cents=tuning_cents,
            balance=balance,
            report=report,
            on_step=on_step,
            name=name,
        )
        return result

    def generate_results(
        self,
        vocal: VocalSound,
        sample_rate: int | None = None,
        seeds: Sequence[int] = (0,),
        *,
        candidates: int = 1,
        sampler: PreparedSampler | None = None,
        guidance: Guidance | None = None,
        lead_sheet: LeadSheet | Literal["estimated"] | None = "estimated",
        tuning_cents: float | None = None,
        balance: float = 0.0,
        report: RecordingReport | None = None,
        on_step: OnStep | None = None,
        name: str = "vocal",
    ) -> list[Accompaniment]:
        """Generate one result for each seed, the best of its candidates, all in one batch.

        Args:
            seeds: the seed of each result.
            vocal, sample_rate, candidates, sampler, guidance, lead_sheet, tuning_cents, balance,
                report, on_step, name: as in `accompany`.

        Returns:
            the results in the order of their seeds; a result's own `seed` is that of the candidate
            that was kept.

        Raises:
            SamuelError: as in `accompany`.
        """
        groups = [candidate_seeds(seed, candidates) for seed in seeds]
        recording = to_recording(vocal, sample_rate, name)
        if lead_sheet == "estimated":
            report = report or analyse_file(recording)
            lead_sheet = estimate_from_report(report).sheet
        generated = generate_batch(
            self.stages,
            recording,
            [seed for group in groups for seed in group],
            melody_only=[seed for group in groups for seed in melody_only_seeds(group)],
            sampler=sampler,
            guidance=guidance,
            lead_sheet=lead_sheet,
            tuning_cents=tuning_cents,
            balance=balance,
            report=report,
            on_step=on_step,
            name=name,
        )
        if candidates == 1:
            return generated
        return [
            rank_by_fit(generated[first : first + candidates])[0]
            for first in range(0, len(generated), candidates)
        ]

    def redo(
        self,
        accompaniment: Accompaniment,
        start: float | int,
        stop: float | int,
        *,
        seed: int,
        sampler: PreparedSampler | None = None,
        guidance: Guidance | None = None,
        on_step: OnStep | None = None,
    ) -> Accompaniment:
        """Regenerate one segment of an accompaniment so that it fits its surroundings.

        Outside the segment every sample stays as it was. Inside, old and new cross over 50 ms at
        either end. Where the new part would clip, it is turned down.

        Args:
            accompaniment: a result of `accompany`, `generate_results` or `redo`.
            start, stop: the segment in seconds.
            seed: the seed of its noise.
            sampler, guidance, on_step: as in `accompany`.

        Raises:
            SamuelError: the segment is too short or not inside the sound, or nothing usable came
                out.
        """
        return regenerate_segment(
            self.stages,
            accompaniment,
            (start, stop),
            seed=seed,
            sampler=sampler,
            guidance=guidance,
            on_step=on_step,
        )
