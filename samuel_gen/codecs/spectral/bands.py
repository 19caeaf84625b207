"""The filterbanks of the spectral codec."""

import math
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from samuel_gen.codecs.spectral.grid import HIGH, HIGH_BINS, LOW, LOW_BINS, SAMPLE_RATE

LOWEST_NOTE = 24
"""MIDI number of the lowest band: C1, 32.7 Hz. There is one band per semitone, centred on the notes
of A = 440 Hz."""
LOW_BANDS = 64
HIGH_BANDS = 40
HIGH_RANGE = (1000.0, 18_000.0)
"""Frequency range of the mel bands, in Hz."""
STEREO_EDGES = (0.0, 250.0, 700.0, 1800.0, 4500.0, 9000.0, 22_050.0)
"""Limits of the stereo bands, in Hz."""
STEREO_BANDS = len(STEREO_EDGES) - 1
STEREO_FADE = 0.3
"""Width of the crossfade between neighbouring stereo bands, in octaves."""


@cache
def low_bank() -> Float[Tensor, "bands bins"]:
    """Triangular bands one semitone apart; the weights of each band add up to 1."""
    notes = LOWEST_NOTE + torch.arange(-1.0, LOW_BANDS + 1)
    return _triangles(440 * 2 ** ((notes - 69) / 12), LOW_BINS, LOW.n_fft)


@cache
def high_bank() -> Float[Tensor, "bands bins"]:
    """Triangular bands on the mel scale, 1 to 18 kHz; the weights of each band add up to 1."""
    low, high = (2595 * math.log10(1 + edge / 700) for edge in HIGH_RANGE)
    mels = torch.linspace(low, high, HIGH_BANDS + 2)
    return _triangles(700 * (10 ** (mels / 2595) - 1), HIGH_BINS, HIGH.n_fft)


@cache
def stereo_bank() -> Float[Tensor, "bands bins"]:
    """Six adjacent rectangular bands of the high grid; the weights of each add up to 1."""
    edges = torch.tensor(STEREO_EDGES)
    frequency = torch.arange(HIGH_BINS) * (SAMPLE_RATE / HIGH.n_fft)
    inside = (frequency >= edges[:-1, None]) & (frequency < edges[1:, None])
    return inside / inside.sum(1, keepdim=True)


@cache
def stereo_crossfades() -> Float[Tensor, "bands bins"]:
    """Weights that expand values per stereo band to bins, with a crossfade at each band limit."""
    edges = torch.tensor(STEREO_EDGES[1:-1]).log2()
    frequency = torch.arange(HIGH_BINS) * (SAMPLE_RATE / HIGH.n_fft)
    octaves = frequency.clamp(min=1).log2()
    above = ((octaves - edges[:, None]) / STEREO_FADE + 0.5).clamp(0, 1)
    ones = torch.ones(1, HIGH_BINS)
    return torch.cat([ones, above]) - torch.cat([above, torch.zeros_like(ones)])


def _triangles(
    corners: Float[Tensor, " corners"], bins: int, n_fft: int, steps: int = 32
) -> Float[Tensor, "bands bins"]:
    """Triangular bands between every three neighbouring corners, averaged over each bin's width.

    Averaging matters at the lowest bands, where a semitone is narrower than a bin.

    Args:
        corners: frequencies in Hz, ascending.
        bins: number of bins of the spectrum.
        n_fft: window length of the spectrum, in samples.
        steps: number of points per bin over which the average is taken.
    """
    corners = corners.double()
    left, centre, right = (corners[i : len(corners) - 2 + i, None, None] for i in range(3))
    offsets = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps - 0.5
    frequency = (torch.arange(bins, dtype=torch.float64)[:, None] + offsets) * SAMPLE_RATE / n_fft
    rise, fall = (frequency - left) / (centre - left), (right - frequency) / (right - centre)
    weights = torch.minimum(rise, fall).clamp(min=0).mean(-1)
    return (weights / weights.sum(1, keepdim=True)).float()
