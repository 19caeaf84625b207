"""The input of every song metric: an accompaniment, its vocal and the truth about the song."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from samuel_gen.analysis.key import KeyEstimate, rank_keys
from samuel_gen.evaluation.analysed_sound import AnalysedSound, Times
from samuel_gen.lead_sheet.sheet import LeadSheet


@dataclass(frozen=True, eq=False)
class MetricInput:
    """One accompaniment of one song, with what it is compared with. All start at the same time.

    Inputs that share an `AnalysedSound` share its analyses.

    Attributes:
        accompaniment: the accompaniment to judge. If it is shorter than the song, the rest counts
            as silence in the metrics that compare it with the song over time (`chroma_true`,
            `beat_f`, `downbeat_f`, `onset_f` and `pulse_grid`); the others use only what it plays.
        vocal: the vocal that it accompanies.
        true_accompaniment: the song's own accompaniment, as long as the song.
        lead_sheet: the song's true lead sheet; None if unknown.
        given_sheet: the lead sheet that the accompaniment was generated from; None if there was
            none.
    """

    accompaniment: AnalysedSound
    vocal: AnalysedSound
    true_accompaniment: AnalysedSound
    lead_sheet: LeadSheet | None = None
    given_sheet: LeadSheet | None = None

    @cached_property
    def true_key(self) -> KeyEstimate | None:
        """The key of the sheet or, without one, of the vocal; None if nothing is sung either."""
        key = self.lead_sheet and self.lead_sheet.key
        if key:
            return KeyEstimate(key.tonic, key.mode, 1.0)
        melody = self.vocal.melody
        keys = rank_keys(melody.pitch_classes, melody.voicing, self.vocal.melody_seconds)
        return keys[0] if keys else None

    @cached_property
    def true_beats(self) -> Times:
        """The sheet's beats [s] within the song or, without a sheet, the true accompaniment's."""
        if self.lead_sheet is None:
            return self.true_accompaniment.beats
        return self.within_song(self.lead_sheet.beats)

    @cached_property
    def true_downbeats(self) -> Times:
        """The sheet's downbeats [s] within the song or, without a sheet, the true accompaniment's.

        The first beat of each bar is a downbeat.
        """
        if self.lead_sheet is None:
            return self.true_accompaniment.downbeats
        return self.within_song(self.lead_sheet.downbeats)

    @property
    def true_tempo(self) -> float | None:
        """Beats per minute of the sheet or, without one, of the true accompaniment; may be None."""
        if self.lead_sheet is None:
            return self.true_accompaniment.tempo
        return self.lead_sheet.tempo

    def within_song(self, times: Sequence[float | int]) -> Times:
        """Return the times [s] that lie within the song."""
        every = np.asarray(times, np.float64)
        return every[every < self.true_accompaniment.seconds]
