"""A generated accompaniment and its mix with the vocal."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.file_report import analyse_file
from samuel_gen.analysis.fit import Fit, measure_fit
from samuel_gen.analysis.recording_report import RecordingReport
from samuel_gen.audio.limiter import LimitedRecording
from samuel_gen.audio.recording import Recording
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.lead_sheet.sheet import LeadSheet

Stereo = Float[Tensor, "2 samples"]


@dataclass(frozen=True, eq=False)
class Accompaniment:
    """An accompaniment of one vocal; its sound stays on disk until it is asked for.

    Attributes:
        vocal: the vocal, in stereo.
        accompaniment_recording: the accompaniment, with the vocal's length and sample rate and a
            true peak of at most -1 dBTP.
        mix_recording: vocal and accompaniment together, likewise; its `gain` brought their sum to
            the loudness of records.
        encoded_vocal: the views that the network was given, a batch of one.
        latents: the sampler's result, (channels, frames), in the network's scale.
        seed: the seed of the noise.
        tuning_cents: the tuning of the accompaniment above A = 440 Hz.
        gain: the factor from the decoded latents to the accompaniment.
        report: the analysis of the vocal, if it was made before.
        lead_sheet: the lead sheet that the network was given; None for none.
    """

    vocal: Recording
    accompaniment_recording: Recording
    mix_recording: LimitedRecording
    encoded_vocal: Vocal
    latents: Float[Tensor, "channels frames"]
    seed: int
    tuning_cents: float
    gain: float
    report: RecordingReport | None = None
    lead_sheet: LeadSheet | None = None

    @property
    def sample_rate(self) -> int:
        """The sample rate of the vocal and of the accompaniment in Hz."""
        return self.accompaniment_recording.sample_rate

    @cached_property
    def accompaniment(self) -> Stereo:
        """The samples of the accompaniment; full scale is 1."""
        return torch.cat(list(self.accompaniment_recording.blocks(self.sample_rate)), dim=1)

    @cached_property
    def mix(self) -> Stereo:
        """The samples of the mix; full scale is 1."""
        return torch.cat(list(self.mix_recording.blocks(self.sample_rate)), dim=1)

    @cached_property
    def fit(self) -> Fit:
        """The agreement of the accompaniment with its vocal, by which candidates are ranked."""
        report = self.report or analyse_file(self.vocal)
        return measure_fit(
            self.accompaniment_recording, report.melody, report.frame_seconds, self.tuning_cents
        )


def rank_by_fit(accompaniments: Iterable[Accompaniment]) -> list[Accompaniment]:
    """Sort accompaniments by how well they fit their vocal, the best one first."""
    return sorted(accompaniments, key=lambda each: -each.fit.score)
