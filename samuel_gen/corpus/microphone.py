"""Imperfect recording of a vocal: room, microphone, loudness drift, saturation, hum and hiss."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from samuel_gen.audio.augmentation import Augmentation, Equalisation, LevelDrift
from samuel_gen.corpus.room import add_reverb

Signal = NDArray[np.float32]


def record_vocal(vocal: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Record a dry vocal with a random room and a random microphone.

    Args:
        vocal: the dry vocal, vowels at an RMS of about one; (samples,).
        sample_rate: the sample rate of the vocal [Hz].
        rng: the source of all random choices.

    Returns:
        The recording; (2, samples).
    """
    stereo = np.stack([vocal, vocal])
    if rng.random() < 0.6:
        amount = 0.04 * 2 ** float(rng.uniform(0, 3.5))
        stereo = add_reverb(stereo, amount, float(rng.choice([0.35, 0.9, 1.8])))
    if rng.random() < 0.5:
        stereo = _apply(stereo, Equalisation(9.0), sample_rate, rng)
    if rng.random() < 0.06:  # the bandwidth of a telephone
        edges = (float(rng.uniform(200, 450)), float(rng.uniform(3000, 5500)))
        passband = butter(2, edges, "bandpass", fs=sample_rate, output="sos")
        stereo = np.asarray(sosfilt(passband, stereo), dtype=np.float32)
    if rng.random() < 0.35:
        stereo = _apply(stereo, LevelDrift(6.0), sample_rate, rng)
    if rng.random() < 0.2:
        drive = np.float32(0.2 * 2 ** rng.uniform(0, 2.3))
        stereo = np.tanh(drive * stereo) / drive
    if rng.random() < 0.1:
        mains = 2 * np.pi * float(rng.choice([50, 60])) * np.arange(vocal.size) / sample_rate
        hum = np.sin(mains) + np.sin(2 * mains) / 2 + np.sin(3 * mains) / 3
        stereo = stereo + (10 ** (rng.uniform(-60, -42) / 20) * hum).astype(np.float32)
    if rng.random() < 0.5:
        hiss = rng.standard_normal(vocal.size, dtype=np.float32)
        stereo = stereo + np.float32(10 ** (rng.uniform(-78, -42) / 20)) * hiss
    return np.asarray(stereo, dtype=np.float32)


def _apply(
    stereo: Signal, augmentation: Augmentation, sample_rate: int, rng: np.random.Generator
) -> Signal:
    """Apply an augmentation with a random seed; (2, samples)."""
    block = torch.from_numpy(np.ascontiguousarray(stereo))
    seed = int(rng.integers(2**31))
    return torch.cat(list(augmentation.blocks([block], sample_rate, seed)), dim=1).numpy()
