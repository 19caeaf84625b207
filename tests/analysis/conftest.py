"""A synthetic singer for the tests of this room."""

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


def _sing(notes: list[float], **options: Any) -> Tensor:
    return _synthesise(tuple(notes), **options)


@cache
def _synthesise(
    notes: tuple[float, ...],
    seconds: float = 0.5,
    vowel: str = "ah",
    cents: float = 0.0,
    vibrato: float = 30.0,
    noise: float = 0.003,
) -> Tensor:
    """Synthesise MIDI notes (NaN: rest) with formants, vibrato in cents and breath noise."""
    size = int(seconds * RATE)
    midi = np.repeat(np.asarray(notes), size)
    time = np.arange(midi.size) / RATE
    deviation = (cents + vibrato * np.sin(2 * np.pi * 5.5 * time)) / 100
    frequency = 440 * 2 ** ((np.nan_to_num(midi, nan=60.0) - 69 + deviation) / 12)
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    vocal = np.zeros_like(time)
    for partial in range(1, 26):
        hertz = partial * frequency
        formants = sum(1 / (1 + ((hertz - f) / width) ** 2) for f, width in VOWELS[vowel]) + 0.01
        vocal += np.where(hertz < 16_000, formants / partial, 0) * np.sin(partial * phase)
    since = time % seconds  # the time since the note began
    envelope = np.clip(np.minimum(since / 0.02, (seconds - since) / 0.03), 0, 1)
    vocal *= envelope * ~np.isnan(midi)
    vocal = vocal / (2 * np.abs(vocal).max())
    vocal += noise * np.random.default_rng(0).standard_normal(vocal.size)
    return torch.from_numpy(vocal).float()[None]


@pytest.fixture(scope="session")
def sing() -> Callable[..., Tensor]:
    """A function that sings MIDI notes: (1, samples) at 44.1 kHz."""
    return _sing
