"""From features to a signal, a stretch of frames at a time."""

from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from samuel_gen.codecs.spectral.bands import high_bank, low_bank
from samuel_gen.codecs.spectral.features import EXPONENT, band_powers, spectrum
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
)
from samuel_gen.codecs.spectral.griffin_lim import griffin_lim

OVERSAMPLING = 2
"""The high band is synthesised on twice as many windows as it was seen through: with windows that
overlap by half only, phases are hardly determined."""
HIGH_SYNTHESIS = FrameGrid(HIGH.n_fft, HIGH.hop // OVERSAMPLING)
LOW_SYNTHESIS = FrameGrid(LOW.n_fft // LOW_DECIMATION, LOW.hop // LOW_DECIMATION)
SHORT_PER_FRAME = HIGH_PER_FRAME * OVERSAMPLING
NOISE_FRAMES = 512
LOW_STEPS = 8
HIGH_STEPS = 3


@dataclass(frozen=True)
class Spectra:
    """A stretch of signal with its phases, from which it can be continued.

    Args:
        low: on `LOW_SYNTHESIS`.
        high: on `HIGH_SYNTHESIS`.
    """

    low: Complex[Tensor, "frames low_bins"]
    high: Complex[Tensor, "short_frames high_bins"]

    def frames(self, start: int, stop: int) -> "Spectra":
        """The latent frames from `start` to before `stop`."""
        short = slice(start * SHORT_PER_FRAME, stop * SHORT_PER_FRAME)
        return Spectra(self.low[start:stop], self.high[short])


def spectra_of(
    values: Float[Tensor, "frames features"],
    first: int,
    *,
    low_iterations: int,
    high_iterations: int,
    known: Spectra | None = None,
) -> Spectra:
    """Spectra that sound as the features tell.

    Args:
        values: features, of any origin.
        first: the number of the first frame in the whole, from which starting phases follow.
        low_iterations: of Griffin-Lim, below the crossover.
        high_iterations: likewise, above.
        known: the first frames, where they stand already.
    """
    low_powers, high_powers = band_powers(values)
    low_fade = (1 - fade_in(LOW_BINS, LOW.n_fft).square()).clamp(min=0).sqrt()
    low = spectrum(low_powers, low_bank(), LOW_STEPS).sqrt() * low_fade
    high_powers = _between(high_powers.pow(EXPONENT)).pow(1 / EXPONENT)
    high = spectrum(high_powers, high_bank(), HIGH_STEPS).sqrt() * fade_in(HIGH_BINS, HIGH.n_fft)
    return Spectra(
        griffin_lim(
            low,
            _noise(LOW_BINS, first, len(low)),
            LOW_SYNTHESIS,
            iterations=low_iterations,
            known=None if known is None else known.low,
        ),
        griffin_lim(
            high,
            _noise(HIGH_BINS, first * SHORT_PER_FRAME, len(high)),
            HIGH_SYNTHESIS,
            iterations=high_iterations,
            known=None if known is None else known.high,
        ),
    )


def signal_of(spectra: Spectra) -> Float[Tensor, " samples"]:
    """The signal, as many samples as the frames stand for."""
    samples = spectra.low.shape[0] * HOP_LENGTH
    wide = spectra.low.new_zeros(spectra.low.shape[0], LOW.n_fft // 2 + 1)
    wide[:, :LOW_BINS] = spectra.low
    low = LOW.inverse(wide)[LOW.lead :][:samples] * (LOW.n_fft / 4)
    high = HIGH_SYNTHESIS.inverse(spectra.high)[HIGH_SYNTHESIS.lead :][:samples]
    return low + high * (HIGH.n_fft / 4)


def _between(values: Float[Tensor, "frames bands"]) -> Float[Tensor, "more_frames bands"]:
    """Straight lines between the frames' middles, `OVERSAMPLING` values for each."""
    return torch.nn.functional.interpolate(
        values.T[None], scale_factor=OVERSAMPLING, mode="linear", align_corners=False
    )[0].T


def _noise(bins: int, first: int, frames: int) -> Complex[Tensor, "frames bins"]:
    """Random phases that belong to the frame's number, not to where the stretch begins."""
    generator = torch.Generator().manual_seed(bins)
    turns = torch.rand(NOISE_FRAMES, bins, generator=generator)
    phases = torch.polar(torch.ones_like(turns), turns * (2 * torch.pi))
    return phases[(first + torch.arange(frames)) % NOISE_FRAMES]
