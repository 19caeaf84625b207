"""Griffin-Lim: phases for a magnitude spectrogram."""

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from samuel_gen.codecs.spectral.grid import FrameGrid

MOMENTUM = 0.99
"""Extrapolation beyond each new estimate, in multiples of the last change."""


def griffin_lim(
    magnitudes: Float[Tensor, "frames bins"],
    start: Complex[Tensor, "frames bins"],
    grid: FrameGrid,
    *,
    iterations: int,
    known: Complex[Tensor, "known bins"] | None = None,
) -> Complex[Tensor, "frames bins"]:
    """Return spectra of about these magnitudes, with phases that are consistent between frames.

    Phases come from fast Griffin-Lim. Then a gain per frame restores the energy that inconsistent
    frames cancel in their overlap, so that the signal has the desired level.

    Args:
        magnitudes: the desired magnitudes, on `grid`.
        start: the initial phases; the moduli are ignored.
        grid: the analysis and synthesis windows.
        iterations: number of passes to the signal and back; 0 keeps the phases of `start`.
        known: spectra of the first frames, which stay fixed and are continued.

    Source: Perraudin, Balazs & Søndergaard 2013, "A fast Griffin-Lim algorithm".
    """
    spectra = _with_magnitudes(start, magnitudes)
    fixed = 0 if known is None else known.shape[0]
    previous = None
    for _ in range(iterations):
        if known is not None:
            spectra[:fixed] = known
        consistent = grid.forward(grid.inverse(spectra))
        ahead = consistent if previous is None else _extrapolate(previous, consistent)
        previous = consistent
        spectra = _with_magnitudes(ahead, magnitudes)
    if known is not None:
        spectra[:fixed] = known
    spectra = spectra * _makeup_gain(spectra, grid)[:, None]
    if known is not None:
        spectra[:fixed] = known
    return spectra


def _with_magnitudes(
    phases: Complex[Tensor, "frames bins"], magnitudes: Float[Tensor, "frames bins"]
) -> Complex[Tensor, "frames bins"]:
    """Return spectra with these phases and magnitudes; bins without a phase (0) stay 0."""
    # Five times as fast as dividing by the modulus.
    return torch.sgn(phases).mul_(magnitudes)


def _extrapolate(
    before: Complex[Tensor, "frames bins"], now: Complex[Tensor, "frames bins"]
) -> Complex[Tensor, "frames bins"]:
    """Continue the line from `before` to `now` by MOMENTUM times its length."""
    parts = torch.lerp(torch.view_as_real(before), torch.view_as_real(now), 1 + MOMENTUM)
    return torch.view_as_complex(parts)


def _makeup_gain(
    spectra: Complex[Tensor, "frames bins"], grid: FrameGrid
) -> Float[Tensor, " frames"]:
    """Return the gain per frame that restores energy lost in the overlap, at most 6 dB."""
    desired = torch.view_as_real(spectra).square().sum((-1, -2))
    kept = torch.view_as_real(grid.forward(grid.inverse(spectra))).square().sum((-1, -2))
    width = 2 * (grid.n_fft // grid.hop) + 1
    desired, kept = (
        torch.nn.functional.avg_pool1d(
            energy[None], width, stride=1, padding=width // 2, count_include_pad=False
        )[0]
        for energy in (desired, kept)
    )
    return (desired / kept.clamp(min=1e-20)).sqrt().clamp(0.5, 2.0)
