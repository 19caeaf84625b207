"""Report on a recorded vocal: melody, tuning, loudness, and hints on how to improve it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.hints import find_hints
from samuel_gen.analysis.melody import (
    PITCH_FRAMES,
    MelodyTrack,
    analyse_vocal_frames,
    extract_melody_from_frames,
)
from samuel_gen.analysis.music import ChromaMeter
from samuel_gen.analysis.recording_meter import RecordingMeter
from samuel_gen.analysis.threads import one_thread
from samuel_gen.analysis.tuning import tuning_confidence
from samuel_gen.audio.loudness import meter_blocks
from samuel_gen.audio.phase import bring_samples_in_phase
from samuel_gen.audio.streams import BLOCK_SAMPLES

_BOTH_SIDES = 10 * math.log10(2)  # dB between one channel and two equal ones

FRAME_SECONDS = 2048 / 44100
MIN_TUNING_CONFIDENCE = 0.5
"""Confidence below which the singer's tuning is left alone: the vocal may have none."""


@dataclass(frozen=True)
class RecordingReport:
    """Melody, tuning and loudness of a recorded vocal.

    Attributes:
        seconds: the length of the recording.
        tuning_cents: the offset of the singer's semitones from A = 440 Hz in cents, -50 to 50.
        tuning_confidence: 1 if all held notes lie on one grid, near 0 if they lie anywhere.
        voiced_share: the share of the recording in which a pitch is sung.
        sung_seconds: the time in which a pitch is sung.
        loudness_lufs: the gated loudness in LUFS (ITU-R BS.1770); -inf for silence.
        stereo_loudness: the same of the recording as stereo; a mono recording, on both sides, is
            3 dB louder.
        peak_dbfs: the highest sample in dBFS; -inf for silence.
        melody: the melody track.
        frame_seconds: the length of the melody's frames, about FRAME_SECONDS.
        frequency: the pitch in Hz, 0 for none, PITCH_FRAMES to a frame of the melody.
        bands: the power in bands, in the frames of the pitch.
        chroma: the pitch classes of the whole sound, every `music.CHROMA_SECONDS`, relative to
            the singer's tuning; unlike the melody it holds second voices and what leaks in.
        hints: ways to improve the recording, in plain English.
    """

    seconds: float
    tuning_cents: float
    tuning_confidence: float
    voiced_share: float
    sung_seconds: float
    loudness_lufs: float
    stereo_loudness: float
    peak_dbfs: float
    melody: MelodyTrack = field(repr=False)
    frame_seconds: float
    frequency: Float[np.ndarray, " frames"] = field(repr=False)
    bands: Float[np.ndarray, "frames bands"] = field(repr=False)
    chroma: Float[np.ndarray, "12 chroma_frames"] = field(repr=False)
    hints: tuple[str, ...] = ()

    @property
    def reliable_tuning(self) -> float:
        """The tuning in cents, but 0 if its confidence is below MIN_TUNING_CONFIDENCE."""
        return self.tuning_cents if self.tuning_confidence >= MIN_TUNING_CONFIDENCE else 0.0

    def melody_on_frames(self, frames: int, frame_seconds: float) -> MelodyTrack:
        """Return the melody on other frames, such as those of a vocal that is played in tune.

        Each frame is made of the measurements nearest to it; frames after the end are silent.

        Args:
            frames: the number of frames.
            frame_seconds: the length of a frame on the time of the recording.
        """
        here, there = self.frame_seconds / PITCH_FRAMES, frame_seconds / PITCH_FRAMES
        nearest = np.round((np.arange(frames * PITCH_FRAMES) + 0.5) * there / here - 0.5)
        rest = np.zeros((1, self.bands.shape[1]), self.bands.dtype)
        chosen = np.clip(nearest, 0, len(self.bands)).astype(int)
        frequency = np.append(self.frequency, 0.0)[chosen]
        return extract_melody_from_frames(
            frequency, np.concatenate([self.bands, rest])[chosen], there
        )

    def lines(self) -> list[str]:
        """Return the report as lines for a terminal; key and tempo are the lead sheet's."""
        cents = round(self.tuning_cents)
        side = "above" if cents > 0 else "below"
        tuning = f"{abs(cents)} cents {side} A = 440 Hz" if cents else "A = 440 Hz"
        rows = {
            "tuning": f"{tuning} ({self.tuning_confidence:.0%})",
            "sung": f"{self.sung_seconds:.1f} of {self.seconds:.1f} s ({self.voiced_share:.0%})",
            "loudness": f"{self.loudness_lufs:.1f} LUFS, peak {self.peak_dbfs:.1f} dBFS",
        }
        lines = [f"{name:<10}{text}" for name, text in rows.items()]
        return lines + [f"{'hint':<10}{hint}" for hint in self.hints]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values for JSON, without the frames; None for infinities."""
        omitted = ("stereo_loudness", "melody", "frame_seconds", "frequency", "bands", "chroma")
        values = {name: value for name, value in vars(self).items() if name not in omitted}
        finite = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()
        }
        return {**finite, "hints": list(self.hints)}


def analyse_recording(
    sound: Float[Tensor, "channels samples"] | Iterable[Float[Tensor, "channels _"]],
    sample_rate: int,
) -> RecordingReport:
    """Analyse a recorded vocal in one pass.

    A stream takes hardly more memory than `extract_melody_from_blocks`, however long it is.

    Args:
        sound: the vocal, whole or in blocks of any lengths; full scale is 1.
        sample_rate: the rate of the vocal in Hz.
    """
    if isinstance(sound, Tensor):
        sound = torch.split(bring_samples_in_phase(sound), BLOCK_SAMPLES, dim=-1)
    hop_length = max(4, round(FRAME_SECONDS * sample_rate))
    frame_seconds = hop_length / sample_rate
    meter, chroma = RecordingMeter(sample_rate, hop_length), ChromaMeter(sample_rate)
    with one_thread():
        passing = meter_blocks(sound, meter, chroma)
        frequency, bands = analyse_vocal_frames(passing, sample_rate, hop_length)
    melody = extract_melody_from_frames(frequency, bands, frame_seconds / PITCH_FRAMES)
    sung = min(meter.seconds, float(melody.voicing.sum()) * frame_seconds)
    peak = max(meter.channel_peaks, default=0.0)
    confidence = tuning_confidence(melody.pitch_classes.double().numpy(), melody.voicing.numpy())
    return RecordingReport(
        seconds=meter.seconds,
        tuning_cents=melody.tuning_cents,
        tuning_confidence=confidence,
        voiced_share=sung / meter.seconds if meter.seconds else 0.0,
        sung_seconds=sung,
        loudness_lufs=meter.loudness,
        stereo_loudness=meter.loudness + (_BOTH_SIDES if len(meter.channel_peaks) == 1 else 0),
        peak_dbfs=20 * math.log10(peak) if peak > 0 else -math.inf,
        melody=melody,
        frame_seconds=frame_seconds,
        frequency=frequency,
        bands=bands,
        chroma=chroma.finish(melody.tuning_cents),
        hints=tuple(find_hints(meter, melody, sung, frame_seconds)),
    )
