"""The melody track of a vocal: pitch classes, voicing and onsets per latent frame."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.analysis.activity import detect_singing
from samuel_gen.analysis.onsets import onset_strength
from samuel_gen.analysis.pitch import CANDIDATES, find_pitch_candidates, track_pitch
from samuel_gen.analysis.spectra import (
    BAND_CENTRES,
    band_powers,
    compute_spectra,
    relative_levels,
)
from samuel_gen.analysis.tuning import estimate_tuning

MELODY_NAMES = (
    *("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"),
    "voicing",
    "onset",
)
MELODY_FEATURES = len(MELODY_NAMES)
PITCH_FRAMES = 4
"""Pitch frames per latent frame."""

_WIDTH = 0.35  # semitones: standard deviation of the Gaussian around each pitch class


class MelodyRows(NamedTuple):
    """The rows of a melody tensor by name; `MelodyTrack` describes them."""

    pitch_classes: Float[Tensor, "12 frames"]
    voicing: Float[Tensor, " frames"]
    onsets: Float[Tensor, " frames"]


def split_melody(features: Float[Tensor, "14 frames"]) -> MelodyRows:
    """Split a melody tensor into its rows, which MELODY_NAMES lists."""
    return MelodyRows(features[:12], features[12], features[13])


@dataclass(frozen=True)
class MelodyTrack:
    """The melody of one vocal, one column per frame.

    Attributes:
        features: pitch classes, voicing and onsets, named by MELODY_NAMES, each 0 to 1.
        tuning_cents: the offset of the singer's semitones from A = 440 Hz in cents, in (-50, 50].
        activity: the share of each frame in which somebody sings, consonants included, 0 to 1.
    """

    features: Float[Tensor, "14 frames"]
    tuning_cents: float
    activity: Float[Tensor, " frames"]

    @property
    def pitch_classes(self) -> Float[Tensor, "12 frames"]:
        """Strength of each pitch class, relative to the singer's tuning; C first.

        The norm over the classes equals the voicing.
        """
        return split_melody(self.features).pitch_classes

    @property
    def voicing(self) -> Float[Tensor, " frames"]:
        """Share of each frame that has a pitch."""
        return split_melody(self.features).voicing

    @property
    def onsets(self) -> Float[Tensor, " frames"]:
        """Strength of the strongest onset in each frame."""
        return split_melody(self.features).onsets


def extract_melody(
    vocal: Float[Tensor, "channels samples"], sample_rate: int, hop_length: int = 2048
) -> MelodyTrack:
    """Extract the melody of a solo vocal, independent of timbre, loudness, tone and tuning.

    Frame k describes samples `k * hop_length` to `(k + 1) * hop_length`; there are
    `ceil(samples / hop_length)` frames. Silence gives zeros.

    Args:
        vocal: one singer; the channels are averaged.
        sample_rate: the rate of the vocal in Hz.
        hop_length: the samples per latent frame.
    """
    return extract_melody_from_blocks([vocal], sample_rate, hop_length)


def extract_melody_from_blocks(
    blocks: Iterable[Float[Tensor, "channels _"]], sample_rate: int, hop_length: int = 2048
) -> MelodyTrack:
    """Extract the melody of a solo vocal that arrives in blocks, as `extract_melody` does.

    It holds some 40 numbers per pitch frame, four of which make a latent frame: 0.2 GB for two
    hours. The result does not depend on the lengths of the blocks.

    Args:
        blocks: one singer, in order, in blocks of any lengths; the channels are averaged.
        sample_rate: the rate of the vocal in Hz.
        hop_length: the samples per latent frame.
    """
    frequency, powers = analyse_vocal_frames(blocks, sample_rate, hop_length)
    return extract_melody_from_frames(frequency, powers, hop_length / PITCH_FRAMES / sample_rate)


def extract_melody_from_frames(
    frequency: Float[np.ndarray, " frames"],
    powers: Float[np.ndarray, "frames bands"],
    frame_seconds: float,
) -> MelodyTrack:
    """Extract the melody from what `analyse_vocal_frames` returned.

    Args:
        frequency: the pitch in Hz, 0 for none, PITCH_FRAMES to a frame of the melody.
        powers: the power in bands.
        frame_seconds: the length of a pitch frame.
    """
    tone, sung = detect_singing(frequency, powers, frame_seconds)
    onsets = onset_strength(powers)
    frames = frequency.size // PITCH_FRAMES
    semitones = 69 + 12 * np.log2(np.where(tone, frequency, 440.0) / 440.0)
    tuning = estimate_tuning(semitones, tone)

    distance = (semitones[:, None] - tuning - np.arange(12) + 6) % 12 - 6
    salience = np.exp(-0.5 * (distance / _WIDTH) ** 2) * tone[:, None]
    salience = salience.reshape(frames, PITCH_FRAMES, 12).sum(1)
    voicing = tone.reshape(frames, PITCH_FRAMES).mean(1)
    salience *= (voicing / np.maximum(np.linalg.norm(salience, axis=1), 1e-9))[:, None]
    strongest = onsets.reshape(frames, PITCH_FRAMES).max(1, initial=0.0)
    features = np.concatenate([salience.T, voicing[None], strongest[None]])
    activity = sung.reshape(frames, PITCH_FRAMES).mean(1)
    return MelodyTrack(
        torch.from_numpy(features).float(),
        round(100 * tuning, 2),
        torch.from_numpy(activity).float(),
    )


def analyse_vocal_frames(
    blocks: Iterable[Float[Tensor, "channels _"]], sample_rate: int, hop_length: int
) -> tuple[Float[np.ndarray, " frames"], Float[np.ndarray, "frames bands"]]:
    """Measure pitch and power in bands, at four frames per started hop.

    Args:
        blocks: one singer, in order, in blocks of any lengths; the channels are averaged.
        sample_rate: the rate of the vocal in Hz.
        hop_length: the samples per latent frame.

    Returns:
        The pitch in Hz, 0 for none, and the power in bands.
    """
    nothing = np.zeros((0, CANDIDATES), np.float32)
    frequency, strength = [nothing], [nothing]
    powers = [np.zeros((0, BAND_CENTRES.size), np.float32)]
    for spectra in compute_spectra(blocks, sample_rate, hop_length, PITCH_FRAMES):
        candidates = find_pitch_candidates(spectra)
        frequency.append(candidates[0])
        strength.append(candidates[1])
        powers.append(band_powers(spectra))
    bands = np.concatenate(powers)
    pitch = track_pitch(np.concatenate(frequency), np.concatenate(strength), relative_levels(bands))
    return pitch, bands
