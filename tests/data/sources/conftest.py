import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
import torch

RATE = 44_100


def tone(frequency: float, rate: int = RATE, seconds: float = 0.4, channels: int = 2):
    time = torch.arange(round(rate * seconds), dtype=torch.float64) / rate
    return 0.1 * torch.sin(2 * math.pi * frequency * time).float().repeat(channels, 1)


@pytest.fixture
def make_tone() -> Callable[..., torch.Tensor]:
    return tone


@pytest.fixture
def write_tone() -> Callable[..., torch.Tensor]:
    """Write a tone to a file, and return its samples."""

    def write(path: Path, frequency: float = 440.0, rate: int = RATE, **options) -> torch.Tensor:
        samples = tone(frequency, rate, **options)
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(os.fsencode(path), samples.T.numpy(), rate)
        return samples

    return write


@pytest.fixture
def read_all() -> Callable[..., torch.Tensor]:
    def read(recording, rate: int | None = None) -> torch.Tensor:
        return torch.cat(list(recording.blocks(rate or recording.sample_rate)), dim=-1)

    return read


@pytest.fixture
def no_audio(monkeypatch):
    """Make the opening of a sound file fail."""

    def refuse(*_, **__):
        raise AssertionError("a sound file was opened")

    monkeypatch.setattr(soundfile, "SoundFile", refuse)
