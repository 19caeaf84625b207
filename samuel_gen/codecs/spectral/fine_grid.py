"""The grid of fine partials between the low band and 8 kHz, and what the bands say about it.

Band features say how loud a region is, not which partials lie in it. The learned decoder predicts
magnitudes on three grids; this module has their limits and the first guess that band features give.
"""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import HIGH_BANDS, high_bank, low_bank
from samuel_gen.codecs.spectral.features import band_powers, estimate_spectrum
from samuel_gen.codecs.spectral.grid import (
    HIGH,
    HIGH_BINS,
    HIGH_PER_FRAME,
    HOP_LENGTH,
    LOW,
    LOW_BINS,
    SAMPLE_RATE,
    FrameGrid,
    interpolate_frames,
)

FINE = FrameGrid(n_fft=4096, hop=1024)
FINE_PER_FRAME = HOP_LENGTH // FINE.hop
FINE_FIRST = 100
"""The first bin that is predicted, 1,077 Hz. It must be a multiple of `n_fft / hop`: phases are the
same then, whether a spectrum starts here or at 0 Hz."""
FINE_BINS = 651
"""Bins that are predicted, up to 8,075 Hz."""
ENVELOPE_EDGES = (0.0, 150.0, 400.0, 800.0, 1300.0)
"""Limits in Hz of the bands below the crossover whose attacks are predicted, on `HIGH`."""
LOW_ENVELOPE_BANDS = len(ENVELOPE_EDGES) - 1
ENVELOPE_BANDS = LOW_ENVELOPE_BANDS + HIGH_BANDS
"""Those bands, and the mel bands above the crossover."""
QUIETEST = 1e-5
"""The least magnitude that is predicted; a full-scale sine has 1."""
LOW_STEPS = 3
"""Steps of `estimate_spectrum` in the first guess of the low band."""


@dataclass(frozen=True)
class LogMagnitudes:
    """Natural logarithms of magnitudes; the batch may have any shape, none too.

    Args:
        low: the low band on `LOW`, one window per latent frame.
        fine: bins from `FINE_FIRST` on of the windows of `FINE`, two per latent frame.
        envelope: root mean square of the bands of `envelope_bank` on `HIGH`, four windows per
            latent frame.
    """

    low: Float[Tensor, "*batch frames low_bins"]
    fine: Float[Tensor, "*batch fine_frames fine_bins"]
    envelope: Float[Tensor, "*batch short_frames envelope_bands"]


def log_magnitude(power: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Half the logarithm of a power, at least that of `QUIETEST`."""
    return power.clamp(min=QUIETEST**2).log() / 2


def guess_magnitudes(values: Float[Tensor, "frames features"]) -> LogMagnitudes:
    """Return magnitudes that vary as smoothly as the bands.

    Args:
        values: spectral features, of any origin.
    """
    low_powers, high_powers = band_powers(values)
    low = estimate_spectrum(low_powers, low_bank(), LOW_STEPS)
    smooth = _window_average(high_powers) @ _fine_spread()
    envelope = interpolate_frames(low @ _envelope_spread(), HIGH_PER_FRAME)
    envelope = torch.cat([envelope, high_powers], dim=1)
    return LogMagnitudes(log_magnitude(low), log_magnitude(smooth), log_magnitude(envelope))


@cache
def envelope_bank() -> Float[Tensor, "envelope_bands bins"]:
    """Adjacent rectangular bands, then the mel bands; the weights of each add up to 1."""
    edges = torch.tensor(ENVELOPE_EDGES)
    frequency = torch.arange(HIGH_BINS) * (SAMPLE_RATE / HIGH.n_fft)
    inside = (frequency >= edges[:-1, None]) & (frequency < edges[1:, None])
    return torch.cat([inside / inside.sum(1, keepdim=True), high_bank()])


@cache
def _fine_spread() -> Float[Tensor, "bands fine_bins"]:
    """Weights that spread the powers of the mel bands over the fine bins."""
    bank = high_bank()
    coarse = bank / bank.sum(0).clamp(min=1e-9)
    ratio = FINE.n_fft // HIGH.n_fft
    at = (FINE_FIRST + torch.arange(FINE_BINS)) / ratio
    left = at.floor().long()
    share = at - left
    return coarse[:, left] * (1 - share) + coarse[:, left + 1] * share


@cache
def _envelope_spread() -> Float[Tensor, "low_bins envelope_bands"]:
    """Weights that average the low band's bins in each band of the envelope."""
    edges = torch.tensor(ENVELOPE_EDGES)
    frequency = torch.arange(LOW_BINS)[:, None] * (SAMPLE_RATE / LOW.n_fft)
    inside = (frequency >= edges[:-1]) & (frequency < edges[1:])
    return inside / inside.sum(0)


def _window_average(
    powers: Float[Tensor, "short_frames bands"],
) -> Float[Tensor, "fine_frames bands"]:
    """Average the powers of the short windows over each window of `FINE`."""
    count = FINE.n_fft // HIGH.hop
    centres = ((torch.arange(count) + 0.5) * HIGH.hop).long()
    weights = FINE.window[centres].square()
    weights = weights / weights.sum()
    stride = FINE.hop // HIGH.hop
    padding = (count - stride) // 2
    columns = torch.nn.functional.pad(powers.T[:, None], (padding, padding), mode="replicate")
    averaged: Tensor = torch.nn.functional.conv1d(columns, weights[None, None], stride=stride)
    return averaged[:, 0].T


def crop_fine(
    spectra: Complex[Tensor, "*channels fine_frames bins"],
) -> Complex[Tensor, "*channels fine_frames fine_bins"]:
    """Return the bins that are predicted."""
    return spectra[..., FINE_FIRST : FINE_FIRST + FINE_BINS]
