"""The input of every song metric: an accompaniment, its vocal and the truth about the song."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from samuel_gen.analysis.key import KeyEstimate, rank_keys
from samuel_gen.corpus.score import Score
from samuel_gen.evaluation.analysed_sound import AnalysedSound, Times


@dataclass(frozen=True, eq=False)
class MetricInput:
    """One accompaniment of one song, with what it is compared with. All start at the same time.

    Inputs that share an `AnalysedSound` share its analyses.

    Attributes:
        accompaniment: the accompaniment to judge. If it is shorter than the song, the rest counts
            as silence in the metrics that compare it with the song over time (`chroma_true`,
            `beat_f`, `onset_f` and `pulse_grid`); the others use only what it plays.
        vocal: the vocal that it accompanies.
        true_accompaniment: the song's own accompaniment, as long as the song.
        score: the true key, tempo, beats and chords of the song; None if unknown.
    """

    accompaniment: AnalysedSound
    vocal: AnalysedSound
    true_accompaniment: AnalysedSound
    score: Score | None = None

    @cached_property
    def true_key(self) -> KeyEstimate | None:
        """The key of the score or, without one, of the vocal; None if nothing is sung either."""
        if self.score is not None:
            return KeyEstimate(self.score.tonic, self.score.mode, 1.0)
        melody = self.vocal.melody
        keys = rank_keys(melody.pitch_classes, melody.voicing, self.vocal.melody_seconds)
        return keys[0] if keys else None

    @cached_property
    def true_beats(self) -> Times:
        """The score's beats [s] within the song or, without a score, the true accompaniment's."""
        if self.score is None:
            return self.true_accompaniment.beats
        beats = np.asarray(self.score.beats, np.float64)
        return beats[beats < self.true_accompaniment.seconds]

    @property
    def true_tempo(self) -> float | None:
        """Beats per minute of the score or, without one, of the true accompaniment; may be None."""
        return self.true_accompaniment.tempo if self.score is None else self.score.tempo
