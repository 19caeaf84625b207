"""What is sung, without who sings it: pitch classes, voicing and onsets per latent frame."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from samuel_gen.analysis.activity import singing
from samuel_gen.analysis.onsets import onset_strength
from samuel_gen.analysis.pitch import CANDIDATES, pitch_candidates, pitch_track
from samuel_gen.analysis.spectra import BAND_CENTRES, band_powers, levels, voice_spectra

MELODY_NAMES = (
    *("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"),
    "voicing",
    "onset",
)
MELODY_FEATURES = len(MELODY_NAMES)
_WIDTH = 0.35  # semitones: the Gaussian around each pitch class
_PER_FRAME = 4  # pitch is measured this often in a latent frame
_STEADY = 0.25  # semitones of drift in 0.1 s past which a note says little of the tuning
_HALF_SPAN = 8  # pitch frames on either side that are averaged: 0.2 s, one period of vibrato


@dataclass(frozen=True)
class MelodyTrack:
    """The melody of one voice.

    `features` are named by MELODY_NAMES, each 0..1: pitch classes relative to the singer's own
    tuning, of unit norm where the frame is voiced throughout (the norm is the voicing); the
    voiced share of the frame; the strength of its strongest onset. `tuning_cents`, in (-50, 50],
    is how far the singer's semitones lie above those of A = 440 Hz. `activity`, 0..1, is the share
    of each frame in which somebody sings, consonants included.
    """

    features: Float[Tensor, "14 frames"]
    tuning_cents: float
    activity: Float[Tensor, " frames"]


def melody_track(
    vocal: Float[Tensor, "channels samples"], sample_rate: int, hop_length: int = 2048
) -> MelodyTrack:
    """The melody of a solo voice, independent of timbre, level, tone and tuning.

    Frame k describes samples `k * hop_length` to `(k + 1) * hop_length`; there are
    `ceil(samples / hop_length)` frames. Silence gives zeros.

    Args:
        vocal: one voice; its channels are averaged.
        sample_rate: Hz.
        hop_length: samples per latent frame.
    """
    return track_melody([vocal], sample_rate, hop_length)


def track_melody(
    blocks: Iterable[Float[Tensor, "channels _"]], sample_rate: int, hop_length: int = 2048
) -> MelodyTrack:
    """As `melody_track`, of a voice that comes in block by block.

    Kept are some 40 numbers per analysis frame, four frames per latent frame: 0.2 GB for two hours.
    How the sound is cut into blocks changes nothing.

    Args:
        blocks: in order, of any lengths.
        sample_rate, hop_length: see `melody_track`.
    """
    frequency, powers = voice_frames(blocks, sample_rate, hop_length)
    tone, sung = singing(frequency, powers, hop_length / _PER_FRAME / sample_rate)
    onsets = onset_strength(powers)
    frames = frequency.size // _PER_FRAME
    semitones = 69 + 12 * np.log2(np.where(tone, frequency, 440.0) / 440.0)
    tuning = _tuning(semitones, tone)

    distance = (semitones[:, None] - tuning - np.arange(12) + 6) % 12 - 6
    salience = np.exp(-0.5 * (distance / _WIDTH) ** 2) * tone[:, None]
    salience = salience.reshape(frames, _PER_FRAME, 12).sum(1)
    voicing = tone.reshape(frames, _PER_FRAME).mean(1)
    salience *= (voicing / np.maximum(np.linalg.norm(salience, axis=1), 1e-9))[:, None]
    strongest = onsets.reshape(frames, _PER_FRAME).max(1, initial=0.0)
    features = np.concatenate([salience.T, voicing[None], strongest[None]])
    activity = sung.reshape(frames, _PER_FRAME).mean(1)
    return MelodyTrack(
        torch.from_numpy(features).float(),
        round(100 * tuning, 2),
        torch.from_numpy(activity).float(),
    )


def voice_frames(
    blocks: Iterable[Float[Tensor, "channels _"]], sample_rate: int, hop_length: int
) -> tuple[Float[np.ndarray, " frames"], Float[np.ndarray, "frames bands"]]:
    """Pitch in Hz, 0 for none, and power in bands, four times each started hop.

    Args:
        blocks, sample_rate, hop_length: see `track_melody`.
    """
    nothing = np.zeros((0, CANDIDATES), np.float32)
    frequency, strength = [nothing], [nothing]
    powers = [np.zeros((0, BAND_CENTRES.size), np.float32)]
    for spectra in voice_spectra(blocks, sample_rate, hop_length, _PER_FRAME):
        candidates = pitch_candidates(spectra)
        frequency.append(candidates[0])
        strength.append(candidates[1])
        powers.append(band_powers(spectra))
    bands = np.concatenate(powers)
    pitch = pitch_track(np.concatenate(frequency), np.concatenate(strength), levels(bands))
    return pitch, bands


def _tuning(semitones: Float[np.ndarray, " frames"], voiced: Bool[np.ndarray, " frames"]) -> float:
    """Offset from the semitone grid in (-0.5, 0.5], the circular mean over steady notes."""
    span = 2 * _HALF_SPAN + 1
    if semitones.size < span:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(semitones, span)
    whole = np.lib.stride_tricks.sliding_window_view(voiced, span).all(1)
    drift = windows[:, :_HALF_SPAN].mean(1) - windows[:, -_HALF_SPAN:].mean(1)
    weight = whole * np.exp(-((drift / _STEADY) ** 2))
    if weight.sum() < 1e-6:
        return 0.0
    mean = (weight * np.exp(2j * np.pi * windows.mean(1))).sum()
    offset = float(np.angle(mean)) / (2 * np.pi)
    return 0.5 if offset <= -0.49995 else offset
