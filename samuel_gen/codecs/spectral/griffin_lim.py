"""Phases for magnitudes."""

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from samuel_gen.codecs.spectral.grid import FrameGrid

MOMENTUM = 0.99


def griffin_lim(
    magnitudes: Float[Tensor, "frames bins"],
    start: Complex[Tensor, "frames bins"],
    grid: FrameGrid,
    *,
    iterations: int,
    known: Complex[Tensor, "known bins"] | None = None,
) -> Complex[Tensor, "frames bins"]:
    """Spectra with about these magnitudes, in phases that fit one another.

    Phases come from fast Griffin-Lim; then each frame gets back the energy that frames which
    disagree take from each other in the overlap, so that the signal is as loud as asked for.

    Args:
        magnitudes: what is wanted, on `grid`.
        start: phases to begin with; moduli are not looked at.
        grid: the windows.
        iterations: passes to the signal and back; 0 keeps the phases of `start`.
        known: spectra of the first frames that stand already, and are continued.

    Source: Perraudin, Balazs & Søndergaard 2013, "A fast Griffin-Lim algorithm".
    """
    spectra = _with_magnitudes(start, magnitudes)
    settled = 0 if known is None else known.shape[0]
    previous = None
    for _ in range(iterations):
        if known is not None:
            spectra[:settled] = known
        consistent = grid.forward(grid.inverse(spectra))
        ahead = consistent if previous is None else _past(previous, consistent)
        previous = consistent
        spectra = _with_magnitudes(ahead, magnitudes)
    if known is not None:
        spectra[:settled] = known
    spectra = spectra * _makeup(spectra, grid)[:, None]
    if known is not None:
        spectra[:settled] = known
    return spectra


def _with_magnitudes(
    phases: Complex[Tensor, "frames bins"], magnitudes: Float[Tensor, "frames bins"]
) -> Complex[Tensor, "frames bins"]:
    # Five times as fast as dividing by the modulus; a bin of no phase stays silent.
    return torch.sgn(phases).mul_(magnitudes)


def _past(
    before: Complex[Tensor, "frames bins"], now: Complex[Tensor, "frames bins"]
) -> Complex[Tensor, "frames bins"]:
    """On the straight line from `before` through `now`, and on by MOMENTUM times as far."""
    parts = torch.lerp(torch.view_as_real(before), torch.view_as_real(now), 1 + MOMENTUM)
    return torch.view_as_complex(parts)


def _makeup(spectra: Complex[Tensor, "frames bins"], grid: FrameGrid) -> Float[Tensor, " frames"]:
    """Gain per frame that undoes the loss of energy in the overlap, at most 6 dB."""
    wanted = torch.view_as_real(spectra).square().sum((-1, -2))
    kept = torch.view_as_real(grid.forward(grid.inverse(spectra))).square().sum((-1, -2))
    wide = 2 * (grid.n_fft // grid.hop) + 1
    wanted, kept = (
        torch.nn.functional.avg_pool1d(
            energy[None], wide, stride=1, padding=wide // 2, count_include_pad=False
        )[0]
        for energy in (wanted, kept)
    )
    return (wanted / kept.clamp(min=1e-20)).sqrt().clamp(0.5, 2.0)
