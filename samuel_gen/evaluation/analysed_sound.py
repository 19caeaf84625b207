"""One sound and its analyses: pitch classes, key, onsets, beats, tempo and melody."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.faults import silent_share
from samuel_gen.analysis.key import KeyEstimate, rank_keys
from samuel_gen.analysis.melody import PITCH_FRAMES, MelodyTrack, extract_melody
from samuel_gen.analysis.music import (
    CHROMA_SECONDS,
    MUSIC_RATE,
    ONSET_SECONDS,
    MusicAnalysis,
    analyse_music,
)
from samuel_gen.analysis.spectra import band_powers, compute_spectra
from samuel_gen.audio.phase import bring_samples_in_phase, to_mono
from samuel_gen.audio.resample import resample
from samuel_gen.errors import SamuelError
from samuel_gen.estimation.beat_decoding import decode_beats
from samuel_gen.estimation.beat_tracker import WEIGHTS, load_networks, run_network
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.models.beat_network import BeatNetwork, BeatNetworks

_ONSET_HOP = round(ONSET_SECONDS * MUSIC_RATE)  # samples
_MELODY_HOP, _NATIVE_RATE = 2048, 44_100  # samples, Hz: the hop of the bundled codec's latents
_TEMPO_BEATS = 8  # the tempo is measured over spans of eight beats: one missed beat changes nothing
_SHORTEST = 1.0  # s: no beats are tracked in a shorter sound

Times = Float[np.ndarray, " times"]


@dataclass(frozen=True, eq=False)
class AnalysedSound:
    """A sound whose analyses are computed on first access and then kept.

    Attributes:
        sound: the samples; full scale is 1.
        sample_rate: sample rate in Hz.
        tuning_cents: offset of its semitones from A = 440 Hz in cents; only `chroma` needs it.

    Raises:
        SamuelError: a sample is NaN or infinite.
    """

    sound: Float[Tensor, "channels samples"]
    sample_rate: int
    tuning_cents: float = 0.0

    def __post_init__(self) -> None:
        wrong = int((~self.sound.isfinite()).sum())
        if wrong:
            raise SamuelError(
                f"{wrong} samples are NaN or infinite; check whether the model has diverged"
            )

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.sound.shape[1] / self.sample_rate

    @cached_property
    def mono(self) -> Float[Tensor, " resampled"]:
        """The mean of the channels at 22,050 Hz (`MUSIC_RATE`)."""
        mean = to_mono(self.sound)[None]
        return resample(mean, self.sample_rate, MUSIC_RATE)[0].cpu()

    @cached_property
    def music(self) -> MusicAnalysis:
        """Its pitch classes and onset strength by `analyse_music`; zero if it is silent.

        A sound is silent if `faults.silent_share` is 1, so that inaudible music scores nothing.
        """
        silent = silent_share(self.sound, self.sample_rate) == 1
        return analyse_music([0 * self.mono if silent else self.mono], self.tuning_cents)

    @property
    def chroma(self) -> Float[np.ndarray, "12 frames"]:
        """Root power by pitch class, C first, from C3 upward, every 46 ms; 0 where it is silent.

        Fourier spectra of 0.37 s are summed by semitone. Only the part that stands out from the
        neighbouring semitones counts, so that drums and noise hardly do. On rendered songs this
        finds more keys than a constant-Q chroma does, and it needs no compilation.
        """
        return self.music.chroma

    @cached_property
    def key(self) -> KeyEstimate | None:
        """The likeliest key of `chroma` by `analysis.key.rank_keys`; None for silence."""
        sounding = torch.from_numpy(self.chroma.any(axis=0).astype(np.float64))
        return next(iter(rank_keys(torch.from_numpy(self.chroma), sounding, CHROMA_SECONDS)), None)

    @property
    def onset_strength(self) -> Float[np.ndarray, " frames"]:
        """Rise of the log power over 46 ms, averaged over frequency bands, every 12 ms.

        It lags the notes of rendered songs by 12 ms, librosa's mel flux by 30 ms, and its
        correlation with their beat grids is twice as high.
        """
        return self.music.onset_strength

    @cached_property
    def onsets(self) -> Times:
        """The onset times [s]: peaks of `onset_strength` as librosa picks them.

        Source: Boeck, Krebs & Schedl 2012, "Evaluating the online capabilities of onset detection
        methods" (`librosa.onset.onset_detect`).
        """
        import librosa

        if not np.ptp(self.onset_strength) > 0:
            return np.zeros(0)
        frames = librosa.onset.onset_detect(
            onset_envelope=self.onset_strength, sr=MUSIC_RATE, hop_length=_ONSET_HOP
        )
        return np.asarray(frames * ONSET_SECONDS, np.float64)

    @cached_property
    def _tracked(self) -> LeadSheet | None:
        """The beats and bars by the bundled tracker; None in silence or under one second."""
        if self.seconds < _SHORTEST or not np.ptp(self.onset_strength) > 0:
            return None
        hop = round(_MELODY_HOP * self.sample_rate / _NATIVE_RATE)
        spectra = compute_spectra([self.sound], self.sample_rate, hop, PITCH_FRAMES)
        bands = np.concatenate([band_powers(some) for some in spectra])
        frame_seconds = hop / PITCH_FRAMES / self.sample_rate
        activations = run_network(_load_measuring_network(), bands, None, frame_seconds)
        return decode_beats(activations, self.seconds).sheet

    @cached_property
    def beats(self) -> Times:
        """The beat times [s], tracked by one network; none in silence or under one second."""
        return np.zeros(0) if self._tracked is None else np.asarray(self._tracked.beats)

    @cached_property
    def downbeats(self) -> Times:
        """The times of the first beats of the bars [s], tracked like `beats`."""
        return np.zeros(0) if self._tracked is None else np.asarray(self._tracked.downbeats)

    @cached_property
    def tempo(self) -> float | None:
        """Beats per minute: the median over spans of eight beats; None for fewer than two beats."""
        span = min(_TEMPO_BEATS, self.beats.size - 1)
        if span < 1:
            return None
        return float(60 * span / np.median(self.beats[span:] - self.beats[:-span]))

    @cached_property
    def melody(self) -> MelodyTrack:
        """The melody track of a vocal, in frames of 2,048 samples."""
        return extract_melody(bring_samples_in_phase(self.sound), self.sample_rate, _MELODY_HOP)

    @property
    def melody_seconds(self) -> float:
        """The length of a frame of `melody` in seconds."""
        return _MELODY_HOP / self.sample_rate

    @cached_property
    def has_melody(self) -> bool:
        """True if any frame of `melody` is voiced."""
        return bool(self.melody.voicing.any())


@cache
def _load_measuring_network() -> BeatNetworks:
    """Return the first network of the tracker alone: it measures, and must stay as it is.

    The tracker may get better; figures that were measured on different days must be comparable.
    """
    first = load_networks(WEIGHTS).networks[0]
    assert isinstance(first, BeatNetwork)
    return BeatNetworks([first])
