"""A chord, and what a perfect network would predict for it."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from samuel_gen.codecs.spectral.analysis import extract_features
from samuel_gen.codecs.spectral.fine_grid import (
    FINE,
    FINE_PER_FRAME,
    LogMagnitudes,
    crop_fine,
    envelope_bank,
    log_magnitude,
)
from samuel_gen.codecs.spectral.grid import HIGH, HIGH_PER_FRAME, HOP_LENGTH, LOW, LOW_BINS
from samuel_gen.codecs.spectral.stereo import power

FRAMES = 24
RATE = 44_100


def _magnitudes(audio: Tensor) -> LogMagnitudes:
    high = power(HIGH.analyse(audio, 0, FRAMES * HIGH_PER_FRAME))
    return LogMagnitudes(
        log_magnitude(power(LOW.analyse(audio, 0, FRAMES)[:, :LOW_BINS])),
        log_magnitude(power(crop_fine(FINE.analyse(audio, 0, FRAMES * FINE_PER_FRAME)))),
        log_magnitude(high @ envelope_bank().T),
    )


@pytest.fixture
def magnitudes() -> Callable[[Tensor], LogMagnitudes]:
    """The magnitudes that a perfect network would predict for a mono signal of 24 frames."""
    return _magnitudes


@pytest.fixture
def features() -> Callable[[Tensor], Tensor]:
    """The spectral features of a mono signal of 24 frames."""
    return lambda audio: extract_features(audio.expand(2, -1), 0, FRAMES)[0]


@pytest.fixture
def chord() -> Tensor:
    """Two tones with partials, 24 frames."""
    time = torch.arange(FRAMES * HOP_LENGTH) / RATE
    waves = [torch.sin(2 * math.pi * k * f * time) / k for f in (220, 277.2) for k in range(1, 20)]
    return 0.1 * torch.stack(waves).sum(0)
