"""The mono carrier of the learned decoder: phases of partials, and the envelopes of attacks."""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import high_bank
from samuel_gen.codecs.spectral.features import EXPONENT, band_powers, estimate_spectrum
from samuel_gen.codecs.spectral.fine_grid import (
    ENVELOPE_EDGES,
    FINE,
    FINE_BINS,
    FINE_FIRST,
    FINE_PER_FRAME,
    LOW_ENVELOPE_BANDS,
    LogMagnitudes,
    envelope_bank,
)
from samuel_gen.codecs.spectral.grid import (
    HIGH,
    HIGH_BINS,
    HIGH_PER_FRAME,
    HOP_LENGTH,
    LOW,
    LOW_BINS,
    SAMPLE_RATE,
    FrameGrid,
    fade_in,
    interpolate_frames,
    inverse_overlap,
    overlap_add,
)
from samuel_gen.codecs.spectral.griffin_lim import griffin_lim
from samuel_gen.codecs.spectral.stereo import power
from samuel_gen.codecs.spectral.synthesis import (
    HIGH_STEPS,
    HIGH_SYNTHESIS,
    LOW_SYNTHESIS,
    OVERSAMPLING,
    SHORT_PER_FRAME,
    random_phases,
)

UPPER_CROSSOVER = (7400.0, 8000.0)
"""Frequency range of the crossfade from fine partials to mere bands, in Hz."""
FINE_ITERATIONS = 12
"""Iterations of Griffin-Lim between the two crossovers."""
LARGEST_GAIN = 3.0
"""Limit of the gains that shape the envelope, up and down, as a logarithm: 26 dB."""
CALIBRATION_WINDOWS = 9
"""Short windows over which energies are averaged to correct slow errors of the level."""
LOW_TOLERANCE, HIGH_TOLERANCE = 0.4, 0.2
"""Fast errors of the envelope that are left alone below and above the crossover, as logarithms. To
correct small ones would make steady partials rough."""


class BandGrid(FrameGrid):
    """`FINE` without the frequencies that it does not predict, at 3/16 of the rate.

    The signal is complex: its frequency 0 is that of bin `FINE_FIRST`.
    """

    def forward(
        self, signal: Complex[Tensor, "*channels samples"]
    ) -> Complex[Tensor, "*channels frames bins"]:
        """Return the unscaled spectra of a signal that starts with its first window."""
        windows = signal.unfold(-1, self.n_fft, self.hop) * self.window
        spectra: Tensor = torch.fft.fft(windows)
        return spectra[..., :FINE_BINS]

    def inverse(
        self, spectra: Complex[Tensor, "*channels frames bins"]
    ) -> Complex[Tensor, "*channels samples"]:
        """Return the signal, from the start of its first window, whose `forward` is nearest."""
        windows = torch.fft.ifft(spectra, n=self.n_fft).mul_(self.window)
        return overlap_add(windows, self.hop).mul_(inverse_overlap(self, spectra.shape[-2]))


FINE_SYNTHESIS = BandGrid(FINE.n_fft * 3 // 16, FINE.hop * 3 // 16)


@dataclass(frozen=True)
class FineSpectra:
    """Complex spectra of some consecutive frames of a signal.

    Args:
        low: spectra of the low band on `LOW_SYNTHESIS`.
        fine: spectra of the partials on `FINE_SYNTHESIS`.
        high: spectra of what lies above them on `HIGH_SYNTHESIS`.
    """

    low: Complex[Tensor, "frames low_bins"]
    fine: Complex[Tensor, "fine_frames fine_bins"]
    high: Complex[Tensor, "short_frames high_bins"]

    def slice_frames(self, start: int, stop: int) -> "FineSpectra":
        """Return the latent frames from `start` up to, not including, `stop`."""
        fine = slice(start * FINE_PER_FRAME, stop * FINE_PER_FRAME)
        short = slice(start * SHORT_PER_FRAME, stop * SHORT_PER_FRAME)
        return FineSpectra(self.low[start:stop], self.fine[fine], self.high[short])


def find_phases(
    predicted: LogMagnitudes,
    values: Float[Tensor, "frames features"],
    first: int,
    *,
    iterations: int,
    known: FineSpectra | None = None,
) -> FineSpectra:
    """Estimate complex spectra of a mono signal with the predicted magnitudes.

    Args:
        predicted: magnitudes of these frames.
        values: spectral features of these frames, of any origin.
        first: index of the first frame in the whole signal, which determines the initial phases.
        iterations: iterations of Griffin-Lim above 8 kHz; the low band gets eight times as many.
        known: spectra of the first frames, which stay fixed and are continued.
    """
    low_powers, high_powers = band_powers(values)
    low = predicted.low.exp() * _low_fade() * (low_powers.amax(1, keepdim=True) > 0)
    fine = predicted.fine.exp() * _fine_fade()
    bands = predicted.envelope[:, LOW_ENVELOPE_BANDS:].mul(2).exp() * (high_powers > 0)
    smooth = interpolate_frames(bands.pow(EXPONENT), OVERSAMPLING).pow(1 / EXPONENT)
    high = estimate_spectrum(smooth, high_bank(), HIGH_STEPS).sqrt() * _high_fade()
    return FineSpectra(
        griffin_lim(
            low,
            random_phases(LOW_BINS, first, len(low)),
            LOW_SYNTHESIS,
            iterations=8 * iterations,
            known=None if known is None else known.low,
        ),
        griffin_lim(
            fine,
            random_phases(FINE_BINS, first * FINE_PER_FRAME, len(fine)),
            FINE_SYNTHESIS,
            iterations=FINE_ITERATIONS,
            known=None if known is None else known.fine,
        ),
        griffin_lim(
            high,
            random_phases(HIGH_BINS, first * SHORT_PER_FRAME, len(high)),
            HIGH_SYNTHESIS,
            iterations=iterations,
            known=None if known is None else known.high,
        ),
    )


def synthesise_carrier(spectra: FineSpectra) -> Float[Tensor, " samples"]:
    """Return the signal of these frames, `HOP_LENGTH` samples for each."""
    samples = spectra.low.shape[0] * HOP_LENGTH
    carrier = spectra.low.real.new_zeros(samples)
    for part, grid, begin in (
        (spectra.low, LOW, 0),
        (spectra.fine, FINE, FINE_FIRST),
        (spectra.high, HIGH_SYNTHESIS, 0),
    ):
        wide = part.new_zeros(part.shape[0], grid.n_fft // 2 + 1)
        wide[:, begin : begin + part.shape[1]] = part
        carrier += grid.inverse(wide)[grid.lead :][:samples] * (grid.n_fft / 4)
    return carrier


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
    below = _band_gain(wanted[:, low], found[:, low], LOW_TOLERANCE) @ _envelope_lines()
    above = _band_gain(wanted[:, high], found[:, high], HIGH_TOLERANCE) @ _high_lines()
    share = fade_in(HIGH_BINS, HIGH.n_fft).square()
    return spectra * (below * (1 - share) + above * share)


def _band_gain(
    wanted: Float[Tensor, "frames bands"], found: Float[Tensor, "frames bands"], tolerance: float
) -> Float[Tensor, "frames bands"]:
    """Return the gain from one power to another, within limits; 0 where nothing is wanted.

    Slow errors are corrected whole, fast ones by as much as they exceed the tolerance.
    """
    powers = torch.stack([wanted, found]).clamp(min=1e-14)
    slow = torch.nn.functional.avg_pool1d(
        powers.transpose(1, 2),
        CALIBRATION_WINDOWS,
        stride=1,
        padding=CALIBRATION_WINDOWS // 2,
        count_include_pad=False,
    ).transpose(1, 2)
    lasting, whole = ((x[0] / x[1]).log() / 2 for x in (slow, powers))
    gain = lasting + torch.nn.functional.softshrink(whole - lasting, tolerance)
    return gain.clamp(-LARGEST_GAIN, LARGEST_GAIN).exp() * (wanted > 0)


@cache
def _low_fade() -> Float[Tensor, " low_bins"]:
    """The low band's gain per bin."""
    return (1 - fade_in(LOW_BINS, LOW.n_fft).square()).clamp(min=0).sqrt()


@cache
def _fine_fade() -> Float[Tensor, " fine_bins"]:
    """The gain per bin between the two crossovers."""
    bins = slice(FINE_FIRST, FINE_FIRST + FINE_BINS)
    whole = FINE.n_fft // 2 + 1
    upper = (1 - _upper_fade(whole, FINE.n_fft).square()).clamp(min=0).sqrt()
    return (fade_in(whole, FINE.n_fft) * upper)[bins]


@cache
def _high_fade() -> Float[Tensor, " high_bins"]:
    """The gain per bin above the upper crossover."""
    return _upper_fade(HIGH_BINS, HIGH.n_fft)


def _upper_fade(bins: int, n_fft: int) -> Float[Tensor, " bins"]:
    frequency = torch.arange(bins) * (SAMPLE_RATE / n_fft)
    start, stop = UPPER_CROSSOVER
    return torch.sin(((frequency - start) / (stop - start)).clamp(0, 1) * (torch.pi / 2))


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
