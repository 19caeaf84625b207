"""What the metrics of one song hear: a band, the voice it was made for, the true band, the truth.

What costs time to hear is heard once: songs that share a `Heard` share its analyses.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.agreement import (
    CHROMA_SECONDS,
    LISTENING_RATE,
    ONSET_SECONDS,
    Played,
    listen,
)
from samuel_gen.analysis.faults import silent_share
from samuel_gen.analysis.key import Key, likely_keys
from samuel_gen.analysis.melody import MelodyTrack, melody_track
from samuel_gen.audio.resample import resample
from samuel_gen.corpus.score import Score
from samuel_gen.errors import SamuelError

_ONSET_HOP = round(ONSET_SECONDS * LISTENING_RATE)  # samples
_MELODY_HOP = 2048  # samples
_TEMPO_BEATS = 8  # beats over whose span the tempo is taken: one missed beat changes nothing
_SHORTEST = 1.0  # s: in less than this no beat is looked for

Times = Float[np.ndarray, " times"]


@dataclass(frozen=True, eq=False)
class Heard:
    """One sound and what is heard in it, analysed when first asked for.

    Args:
        sound: full scale is 1.
        sample_rate: Hz.
        tuning_cents: how far above A = 440 Hz its semitones lie; only `chroma` asks.

    Raises:
        SamuelError: if a sample is NaN or infinite.
    """

    sound: Float[Tensor, "channels samples"]
    sample_rate: int
    tuning_cents: float = 0.0

    def __post_init__(self) -> None:
        wrong = int((~self.sound.isfinite()).sum())
        if wrong:
            raise SamuelError(
                f"{wrong} samples are NaN or infinite; expected a sound; did the model diverge?"
            )

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.sound.shape[1] / self.sample_rate

    @cached_property
    def mono(self) -> Float[Tensor, " resampled"]:
        """The mean of the channels at the listening rate, 22,050 Hz."""
        mean = self.sound.detach().float().mean(0, keepdim=True)
        return resample(mean, self.sample_rate, LISTENING_RATE)[0].cpu()

    @cached_property
    def played(self) -> Played:
        """Its pitch classes and its onsets, see `agreement.listen`; none where all is silent.

        That is judged by `sound.silent_share`, so that what nobody hears earns nothing.
        """
        silent = silent_share(self.sound, self.sample_rate) == 1
        return listen([0 * self.mono if silent else self.mono], self.tuning_cents)

    @property
    def chroma(self) -> Float[np.ndarray, "12 frames"]:
        """Root power by pitch class, C first, from C3 on, each 46 ms; 0 where it is silent.

        Fourier spectra of 0.37 s, collected by semitone; only what stands out from the semitones
        around it counts, so that drums and noise hardly do. On rendered songs it finds more keys
        than a constant-Q chroma does, and it needs no compilation.
        """
        return self.played.chroma

    @cached_property
    def key(self) -> Key | None:
        """The likeliest key of `chroma`, by `audio.key.likely_keys`; None for silence."""
        sounding = self.chroma.any(axis=0).astype(np.float64)
        features = np.concatenate([self.chroma, np.stack([sounding, np.zeros_like(sounding)])])
        return next(iter(likely_keys(torch.from_numpy(features), CHROMA_SECONDS)), None)

    @property
    def onset_strength(self) -> Float[np.ndarray, " frames"]:
        """Rise of the level over 46 ms, averaged over bands, each 12 ms.

        Against librosa's mel flux it lags 12 ms instead of 30 behind the notes of rendered songs,
        and is correlated twice as highly with their grids.
        """
        return self.played.onset_strength

    @cached_property
    def onsets(self) -> Times:
        """When something begins [s]: peaks of `onset_strength` as librosa picks them.

        Source: Boeck, Krebs & Schedl 2012, "Evaluating the online capabilities of onset detection
        methods" (`librosa.onset.onset_detect`).
        """
        import librosa

        if not np.ptp(self.onset_strength) > 0:
            return np.zeros(0)
        frames = librosa.onset.onset_detect(
            onset_envelope=self.onset_strength, sr=LISTENING_RATE, hop_length=_ONSET_HOP
        )
        return np.asarray(frames * ONSET_SECONDS, np.float64)

    @cached_property
    def beats(self) -> Times:
        """Its beats [s], tracked in `onset_strength`; none in silence and in less than a second.

        Source: Ellis 2007, "Beat tracking by dynamic programming" (`librosa.beat.beat_track`).
        """
        import librosa

        if self.seconds < _SHORTEST or not np.ptp(self.onset_strength) > 0:
            return np.zeros(0)
        _, frames = librosa.beat.beat_track(
            onset_envelope=self.onset_strength, sr=LISTENING_RATE, hop_length=_ONSET_HOP
        )
        return np.asarray(frames * ONSET_SECONDS, np.float64)

    @cached_property
    def tempo(self) -> float | None:
        """Beats per minute: the median over spans of eight beats; None for fewer than two beats."""
        span = min(_TEMPO_BEATS, self.beats.size - 1)
        if span < 1:
            return None
        return float(60 * span / np.median(self.beats[span:] - self.beats[:-span]))

    @cached_property
    def melody(self) -> MelodyTrack:
        """What is sung, if this is a voice; frames of 2048 samples."""
        return melody_track(self.sound, self.sample_rate, _MELODY_HOP)

    @property
    def melody_seconds(self) -> float:
        """Length of a frame of `melody`."""
        return _MELODY_HOP / self.sample_rate

    @cached_property
    def sings(self) -> bool:
        """Is a pitch sung anywhere in it?"""
        return bool(self.melody.features[12].any())


@dataclass(frozen=True, eq=False)
class Clip:
    """One song as its metrics hear it; all sounds and the score begin at the same time.

    Args:
        band: the accompaniment that is judged. Where it has already ended, it counts as silent in
            what is compared with the song in time, which are `chroma_true`, `beat_f`, `onset_f`
            and `pulse_grid`; the other figures are of what it plays.
        vocal: what it was made for.
        true_band: what was really played to that voice; its length is the song's.
        score: the truth about the song, None where it is not known.
    """

    band: Heard
    vocal: Heard
    true_band: Heard
    score: Score | None = None

    @classmethod
    def of(
        cls,
        band: Float[Tensor, "_ samples"],
        vocal: Float[Tensor, "_ vocal_samples"],
        true_band: Float[Tensor, "_ true_samples"],
        sample_rate: int,
        score: Score | None = None,
        tuning_cents: float = 0.0,
    ) -> "Clip":
        """A clip that shares no analysis with another.

        Args:
            band, vocal, true_band, score: see the class.
            sample_rate: Hz, of all three.
            tuning_cents: how far above A = 440 Hz both bands play.

        Raises:
            SamuelError: if a sample is NaN or infinite.
        """
        return cls(
            Heard(band, sample_rate, tuning_cents),
            Heard(vocal, sample_rate),
            Heard(true_band, sample_rate, tuning_cents),
            score,
        )

    @cached_property
    def true_key(self) -> Key | None:
        """The score's key; without a score the one heard in the voice; None if it sings nothing."""
        if self.score is not None:
            return Key(self.score.tonic, self.score.mode, 1.0)
        keys = likely_keys(self.vocal.melody.features, self.vocal.melody_seconds)
        return keys[0] if keys else None

    @cached_property
    def true_beats(self) -> Times:
        """The score's beats [s] within the song; without a score those heard in the true band."""
        if self.score is None:
            return self.true_band.beats
        beats = np.asarray(self.score.beats, np.float64)
        return beats[beats < self.true_band.seconds]

    @property
    def true_tempo(self) -> float | None:
        """The score's beats per minute; without a score the true band's; None if it has none."""
        return self.true_band.tempo if self.score is None else self.score.tempo
