"""The levels of the learned decoder: lasting ones as in the features, attacks as predicted."""

from functools import cache

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import high_bank, low_bank
from samuel_gen.codecs.spectral.features import band_powers, estimate_spectrum
from samuel_gen.codecs.spectral.fine_grid import (
    ENVELOPE_EDGES,
    LOW_ENVELOPE_BANDS,
    LogMagnitudes,
    envelope_bank,
    log_magnitude,
)
from samuel_gen.codecs.spectral.grid import (
    HIGH,
    HIGH_BINS,
    HIGH_PER_FRAME,
    SAMPLE_RATE,
    fade_in,
)
from samuel_gen.codecs.spectral.stereo import power
from samuel_gen.codecs.spectral.synthesis import LOW_STEPS

LARGEST_GAIN = 3.0
"""Limit of the gains that shape the envelope, up and down, as a logarithm: 26 dB."""
CALIBRATION_WINDOWS = 9
"""Short windows over which energies are averaged to correct slow errors of the level."""
LOW_TOLERANCE, HIGH_TOLERANCE = 0.4, 0.2
"""Fast errors of the envelope that are left alone below and above the crossover, as logarithms. To
correct small ones would make steady partials rough."""
LEVEL_WINDOWS = 33
"""Short windows over which the predicted bands get the energy of the features: .4 s."""


def settle_levels(
    predicted: LogMagnitudes, values: Float[Tensor, "frames features"]
) -> LogMagnitudes:
    """Return magnitudes whose energies are those of the features, over some time.

    A network that learns from moduli of errors predicts medians, which lie below the mean where it
    is unsure. In the low band and in the short windows above it, features and network err in
    different ways, so that their mean is better than either.

    Args:
        predicted: magnitudes of these frames.
        values: spectral features of these frames, of any origin.
    """
    low_powers, high_powers = band_powers(values)
    rough = log_magnitude(estimate_spectrum(low_powers, low_bank(), LOW_STEPS))
    low = (predicted.low + rough) / 2
    energies = [(2 * x).exp().sum(1, keepdim=True) for x in (rough, low)]
    low = low + ((energies[0] / energies[1]).log() / 2).clamp(-1, 1)
    below = predicted.envelope[:, :LOW_ENVELOPE_BANDS]
    above = (predicted.envelope[:, LOW_ENVELOPE_BANDS:] + log_magnitude(high_powers)) / 2
    known, found = (
        _average_windows(x, LEVEL_WINDOWS) + 1e-12 for x in (high_powers, (2 * above).exp())
    )
    above = above + (known / found).log() / 2
    return LogMagnitudes(low, predicted.fine, torch.cat([below, above], dim=1))


def shape_envelope(
    spectra: Complex[Tensor, "2 short_frames bins"],
    envelope: Float[Tensor, "short_frames envelope_bands"],
    values: Float[Tensor, "frames features"],
) -> Complex[Tensor, "2 short_frames bins"]:
    """Give each band the energy that it should have in each short window.

    Long windows spread an attack over what comes before it.

    Args:
        spectra: spectra of the carrier, and of its decorrelated version, on `HIGH`.
        envelope: predicted logarithms of the root mean squares of the bands.
        values: spectral features of these frames, which say where silence is.
    """
    bank = envelope_bank()
    found = power(spectra[0]) @ bank.T
    low_powers, high_powers = band_powers(values)
    heard = (low_powers.amax(1) > 0).repeat_interleave(HIGH_PER_FRAME)[:, None]
    heard = torch.cat([heard.expand(-1, LOW_ENVELOPE_BANDS), high_powers > 0], dim=1)
    wanted = (2 * envelope).exp() * heard
    low, high = slice(None, LOW_ENVELOPE_BANDS), slice(LOW_ENVELOPE_BANDS, None)
    below = (
        _band_gain(wanted[:, low], found[:, low], LOW_TOLERANCE, lasting=False) @ _envelope_lines()
    )
    above = (
        _band_gain(wanted[:, high], found[:, high], HIGH_TOLERANCE, lasting=True) @ _high_lines()
    )
    share = fade_in(HIGH_BINS, HIGH.n_fft).square()
    return spectra * (below * (1 - share) + above * share)


def _band_gain(
    wanted: Float[Tensor, "frames bands"],
    found: Float[Tensor, "frames bands"],
    tolerance: float,
    *,
    lasting: bool,
) -> Float[Tensor, "frames bands"]:
    """Return the gain from one power to another, within limits; 0 where nothing is wanted.

    Args:
        wanted, found: the powers.
        tolerance: the fast error that is left alone, as a logarithm.
        lasting: whether to correct slow errors too.
    """
    powers = [x.clamp(min=1e-14) for x in (wanted, found)]
    whole = (powers[0] / powers[1]).log() / 2
    slow = [_average_windows(x, CALIBRATION_WINDOWS) for x in powers]
    slowly = (slow[0] / slow[1]).log() / 2
    gain = torch.nn.functional.softshrink(whole - slowly, tolerance)
    if lasting:
        gain = gain + slowly
    return gain.clamp(-LARGEST_GAIN, LARGEST_GAIN).exp() * (wanted > 0)


def _average_windows(
    powers: Float[Tensor, "frames bands"], count: int
) -> Float[Tensor, "frames bands"]:
    """Return moving averages over an odd number of windows, fewer at the ends."""
    averaged: Tensor = torch.nn.functional.avg_pool1d(
        powers.T[None], count, stride=1, padding=count // 2, count_include_pad=False
    )
    return averaged[0].T


@cache
def _envelope_lines() -> Float[Tensor, "envelope_bands bins"]:
    """Weights that interpolate gains between the centres of the envelope's bands."""
    edges = torch.tensor(ENVELOPE_EDGES)
    return _interpolation((edges[1:] + edges[:-1]) / 2)


@cache
def _high_lines() -> Float[Tensor, "bands bins"]:
    """Weights that interpolate gains between the centres of the mel bands."""
    bank = high_bank()
    frequency = torch.arange(HIGH_BINS) * (SAMPLE_RATE / HIGH.n_fft)
    return _interpolation((bank * frequency).sum(1))


def _interpolation(centres: Float[Tensor, " bands"]) -> Float[Tensor, "bands bins"]:
    """Weights that interpolate linearly between centres in Hz, and are constant beyond them."""
    frequency = torch.arange(HIGH_BINS) * (SAMPLE_RATE / HIGH.n_fft)
    right = torch.bucketize(frequency, centres).clamp(1, len(centres) - 1)
    span = centres[right] - centres[right - 1]
    share = ((frequency - centres[right - 1]) / span).clamp(0, 1)
    weights = torch.zeros(len(centres), HIGH_BINS)
    weights.scatter_(0, right[None], share[None])
    weights.scatter_(0, right[None] - 1, 1 - share[None])
    return weights
