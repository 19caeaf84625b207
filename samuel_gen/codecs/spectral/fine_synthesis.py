"""The mono carrier of the learned decoder: phases for the predicted magnitudes."""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import high_bank
from samuel_gen.codecs.spectral.features import EXPONENT, band_powers, estimate_spectrum
from samuel_gen.codecs.spectral.fine_grid import (
    FINE,
    FINE_BINS,
    FINE_FIRST,
    FINE_PER_FRAME,
    LOW_ENVELOPE_BANDS,
    LogMagnitudes,
)
from samuel_gen.codecs.spectral.grid import (
    HIGH,
    HIGH_BINS,
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
from samuel_gen.codecs.spectral.synthesis import (
    HIGH_STEPS,
    HIGH_SYNTHESIS,
    LOW_SYNTHESIS,
    OVERSAMPLING,
    SHORT_PER_FRAME,
    complete_phases,
)

UPPER_CROSSOVER = (7400.0, 8000.0)
"""Frequency range of the crossfade from fine partials to mere bands, in Hz."""
FINE_ITERATIONS = 12
"""Iterations of Griffin-Lim between the two crossovers."""


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
    if known is None:
        known_low = known_fine = known_high = None
    else:
        known_low, known_fine, known_high = known.low, known.fine, known.high
    return FineSpectra(
        complete_phases(low, LOW_SYNTHESIS, first, 8 * iterations, known_low),
        complete_phases(fine, FINE_SYNTHESIS, first * FINE_PER_FRAME, FINE_ITERATIONS, known_fine),
        complete_phases(high, HIGH_SYNTHESIS, first * SHORT_PER_FRAME, iterations, known_high),
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
