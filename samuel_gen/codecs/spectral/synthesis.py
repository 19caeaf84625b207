"""The synthesis of the spectral codec: from spectral features to a mono signal."""

from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import high_bank, low_bank
from samuel_gen.codecs.spectral.features import EXPONENT, band_powers, estimate_spectrum
from samuel_gen.codecs.spectral.grid import (
    HIGH,
    HIGH_BINS,
    HIGH_PER_FRAME,
    HOP_LENGTH,
    LOW,
    LOW_BINS,
    LOW_DECIMATION,
    FrameGrid,
    fade_in,
    interpolate_frames,
)
from samuel_gen.codecs.spectral.griffin_lim import griffin_lim

OVERSAMPLING = 2
"""Windows in the synthesis of the high band for each one in its analysis. Windows that overlap by
only half hardly determine the phases."""
HIGH_SYNTHESIS = FrameGrid(HIGH.n_fft, HIGH.hop // OVERSAMPLING)
LOW_SYNTHESIS = FrameGrid(LOW.n_fft // LOW_DECIMATION, LOW.hop // LOW_DECIMATION)
SHORT_PER_FRAME = HIGH_PER_FRAME * OVERSAMPLING
"""Windows of `HIGH_SYNTHESIS` per latent frame."""
NOISE_FRAMES = 512
"""Frames after which the random initial phases repeat."""
LOW_STEPS = 8
HIGH_STEPS = 3
"""Steps of `estimate_spectrum` in the low and in the high band."""


@dataclass(frozen=True)
class Spectra:
    """Complex spectra of some consecutive frames of a signal.

    Args:
        low: spectra of the low band on `LOW_SYNTHESIS`.
        high: spectra of the high band on `HIGH_SYNTHESIS`.
    """

    low: Complex[Tensor, "frames low_bins"]
    high: Complex[Tensor, "short_frames high_bins"]

    def slice_frames(self, start: int, stop: int) -> "Spectra":
        """Return the latent frames from `start` up to, not including, `stop`."""
        short = slice(start * SHORT_PER_FRAME, stop * SHORT_PER_FRAME)
        return Spectra(self.low[start:stop], self.high[short])


def synthesise_spectra(
    values: Float[Tensor, "frames features"],
    first: int,
    *,
    low_iterations: int,
    high_iterations: int,
    known: Spectra | None = None,
) -> Spectra:
    """Estimate the complex spectra of a mono signal from its spectral features.

    Args:
        values: spectral features, of any origin.
        first: index of the first frame in the whole signal, which determines the initial phases.
        low_iterations: iterations of Griffin-Lim below the crossover.
        high_iterations: iterations of Griffin-Lim above the crossover.
        known: spectra of the first frames, which stay fixed and are continued.
    """
    low_powers, high_powers = band_powers(values)
    low_fade = (1 - fade_in(LOW_BINS, LOW.n_fft).square()).clamp(min=0).sqrt()
    low = estimate_spectrum(low_powers, low_bank(), LOW_STEPS).sqrt() * low_fade
    high_powers = interpolate_frames(high_powers.pow(EXPONENT), OVERSAMPLING).pow(1 / EXPONENT)
    high_fade = fade_in(HIGH_BINS, HIGH.n_fft)
    high = estimate_spectrum(high_powers, high_bank(), HIGH_STEPS).sqrt() * high_fade
    known_low, known_high = (None, None) if known is None else (known.low, known.high)
    return Spectra(
        complete_phases(low, LOW_SYNTHESIS, first, low_iterations, known_low),
        complete_phases(high, HIGH_SYNTHESIS, first * SHORT_PER_FRAME, high_iterations, known_high),
    )


def complete_phases(
    magnitudes: Float[Tensor, "frames bins"],
    grid: FrameGrid,
    first: int,
    iterations: int,
    known: Complex[Tensor, "known_frames bins"] | None,
) -> Complex[Tensor, "frames bins"]:
    """Estimate complex spectra by Griffin-Lim, from random phases.

    Args:
        magnitudes: the magnitudes.
        grid: the grid of the windows.
        first: index of the first window in the whole signal, which determines the initial phases.
        iterations: the number of iterations.
        known: spectra of the first windows, which stay fixed and are continued.
    """
    frames, bins = magnitudes.shape
    return griffin_lim(
        magnitudes, random_phases(bins, first, frames), grid, iterations=iterations, known=known
    )


def synthesise_signal(spectra: Spectra) -> Float[Tensor, " samples"]:
    """Return the signal of these frames, `HOP_LENGTH` samples for each."""
    samples = spectra.low.shape[0] * HOP_LENGTH
    wide = spectra.low.new_zeros(spectra.low.shape[0], LOW.n_fft // 2 + 1)
    wide[:, :LOW_BINS] = spectra.low
    low = LOW.inverse(wide)[LOW.lead :][:samples] * (LOW.n_fft / 4)
    high = HIGH_SYNTHESIS.inverse(spectra.high)[HIGH_SYNTHESIS.lead :][:samples]
    return low + high * (HIGH.n_fft / 4)


def random_phases(bins: int, first: int, frames: int) -> Complex[Tensor, "frames bins"]:
    """Random phases that depend on the frame's index only, not on where decoding starts."""
    generator = torch.Generator().manual_seed(bins)
    turns = torch.rand(NOISE_FRAMES, bins, generator=generator)
    phases = torch.polar(torch.ones_like(turns), turns * (2 * torch.pi))
    return phases[(first + torch.arange(frames)) % NOISE_FRAMES]
