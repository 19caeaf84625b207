"""What lies between a voice and its recording: room, microphone, level, clipping, hum and hiss."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from samuel_gen.audio.augmentation import Augmentation, Equalisation, Level
from samuel_gen.corpus.mix import with_room

Signal = NDArray[np.float32]


def recorded(voice: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    """A dry voice as one of many rooms and microphones hands it on; (2, samples).

    Args:
        voice: (samples,), vowels at an RMS of about one.
        sample_rate: [Hz].
        rng: which room, which microphone.
    """
    stereo = np.stack([voice, voice])
    if rng.random() < 0.6:
        amount = 0.04 * 2 ** float(rng.uniform(0, 3.5))
        stereo = with_room(stereo, amount, float(rng.choice([0.35, 0.9, 1.8])))
    if rng.random() < 0.5:
        stereo = _changed(stereo, Equalisation(9.0), sample_rate, rng)
    if rng.random() < 0.06:  # a telephone
        edges = (float(rng.uniform(200, 450)), float(rng.uniform(3000, 5500)))
        band = butter(2, edges, "bandpass", fs=sample_rate, output="sos")
        stereo = np.asarray(sosfilt(band, stereo), dtype=np.float32)
    if rng.random() < 0.35:
        stereo = _changed(stereo, Level(6.0), sample_rate, rng)
    if rng.random() < 0.2:
        drive = np.float32(0.2 * 2 ** rng.uniform(0, 2.3))
        stereo = np.tanh(drive * stereo) / drive
    if rng.random() < 0.1:
        mains = 2 * np.pi * float(rng.choice([50, 60])) * np.arange(voice.size) / sample_rate
        hum = np.sin(mains) + np.sin(2 * mains) / 2 + np.sin(3 * mains) / 3
        stereo = stereo + (10 ** (rng.uniform(-60, -42) / 20) * hum).astype(np.float32)
    if rng.random() < 0.5:
        hiss = rng.standard_normal(voice.size, dtype=np.float32)
        stereo = stereo + np.float32(10 ** (rng.uniform(-78, -42) / 20)) * hiss
    return np.asarray(stereo, dtype=np.float32)


def _changed(
    stereo: Signal, change: Augmentation, sample_rate: int, rng: np.random.Generator
) -> Signal:
    block = torch.from_numpy(np.ascontiguousarray(stereo))
    seed = int(rng.integers(2**31))
    return torch.cat(list(change.blocks([block], sample_rate, seed)), dim=1).numpy()
