import math

import pytest
import torch


def tone(midi: float, seconds: float, harmonics: int = 8) -> torch.Tensor:
    """A steady note whose harmonics fall off, mono, at 44,100 Hz."""
    time = torch.arange(round(seconds * 44_100), dtype=torch.float64) / 44_100
    frequency = 440 * 2 ** ((midi - 69) / 12)
    partials = [torch.sin(2 * math.pi * k * frequency * time) / k for k in range(1, harmonics + 1)]
    return torch.stack(partials).sum(0).float()


def hits(seconds: float, every: float, seed: int) -> torch.Tensor:
    """Decaying bursts of noise, mono, at 44,100 Hz."""
    samples = round(seconds * 44_100)
    noise = torch.randn(samples, generator=torch.Generator().manual_seed(seed))
    since = torch.arange(samples) % round(every * 44_100) / 44_100
    return noise * torch.exp(-since / 0.04)


@pytest.fixture(scope="session")
def music() -> torch.Tensor:
    """Six seconds of stereo: two chords with bass and drums, keys left and drums right."""
    chords = ((33, 57, 60, 64), (41, 57, 60, 65))
    bass = torch.cat([tone(chord[0], 3.0) for chord in chords])
    keys = torch.cat([sum(tone(note, 3.0) for note in chord[1:]) for chord in chords])
    drums = hits(6.0, 0.5, seed=0)
    left = bass + 0.7 * keys + 0.3 * drums
    right = bass + 0.2 * keys + 0.6 * drums
    audio = torch.stack([left, right])
    return audio * (0.1 / audio.std())
