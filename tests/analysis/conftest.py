from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

RATE = 44_100
VOWELS = {
    "ah": ((700, 110), (1200, 120), (2600, 160)),
    "ee": ((280, 60), (2250, 150), (2900, 170)),
}


def _sung(notes: list[float], **options: Any) -> Tensor:
    return _cached(tuple(notes), **options)


@cache
def _cached(
    notes: tuple[float, ...],
    seconds: float = 0.5,
    vowel: str = "ah",
    cents: float = 0.0,
    vibrato: float = 30.0,
    noise: float = 0.003,
) -> Tensor:
    """A formant-filtered harmonic voice: MIDI notes (NaN rests), vibrato in cents, breath noise."""
    size = int(seconds * RATE)
    midi = np.repeat(np.asarray(notes), size)
    time = np.arange(midi.size) / RATE
    wobble = (cents + vibrato * np.sin(2 * np.pi * 5.5 * time)) / 100
    frequency = 440 * 2 ** ((np.nan_to_num(midi, nan=60.0) - 69 + wobble) / 12)
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    voice = np.zeros_like(time)
    for partial in range(1, 26):
        at = partial * frequency
        formants = sum(1 / (1 + ((at - f) / width) ** 2) for f, width in VOWELS[vowel]) + 0.01
        voice += np.where(at < 16_000, formants / partial, 0) * np.sin(partial * phase)
    into = time % seconds
    envelope = np.clip(np.minimum(into / 0.02, (seconds - into) / 0.03), 0, 1)
    voice *= envelope * ~np.isnan(midi)
    voice = voice / (2 * np.abs(voice).max())
    voice += noise * np.random.default_rng(0).standard_normal(voice.size)
    return torch.from_numpy(voice).float()[None]


@pytest.fixture(scope="session")
def sung() -> Callable[..., Tensor]:
    return _sung
