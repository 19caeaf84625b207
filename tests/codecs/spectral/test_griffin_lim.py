import pytest
import torch

from samuel_gen.codecs.spectral.grid import FrameGrid
from samuel_gen.codecs.spectral.griffin_lim import griffin_lim

GRID = FrameGrid(512, 128)


@pytest.fixture
def spectra() -> torch.Tensor:
    signal = torch.randn(200 * 128 + 384, generator=torch.Generator().manual_seed(0))
    return GRID.forward(signal)


@pytest.fixture
def start(spectra) -> torch.Tensor:
    turns = torch.rand(spectra.shape, generator=torch.Generator().manual_seed(1))
    return torch.polar(torch.ones_like(turns), turns * 6.2832)


def inconsistency(found: torch.Tensor, magnitudes: torch.Tensor) -> float:
    """The error of the magnitudes of the resulting signal, relative to their energy."""
    resulting = GRID.forward(GRID.inverse(found)).abs()
    return float((resulting - magnitudes).square().sum() / magnitudes.square().sum())


def test_true_phases_are_kept(spectra):
    found = griffin_lim(spectra.abs(), spectra, GRID, iterations=5)
    inside = slice(8, -8)  # at the ends, too few windows overlap
    torch.testing.assert_close(found[inside], spectra[inside], atol=1e-2, rtol=0)


def test_more_iterations_are_more_consistent(spectra, start):
    magnitudes = spectra.abs()
    errors = [
        inconsistency(griffin_lim(magnitudes, start, GRID, iterations=n), magnitudes)
        for n in (0, 8, 64)
    ]
    assert errors[2] < 0.5 * errors[1] < 0.5 * errors[0]


@pytest.mark.parametrize("iterations", [0, 16])
def test_energy_is_that_of_the_magnitudes(spectra, start, iterations):
    found = griffin_lim(spectra.abs(), start, GRID, iterations=iterations)
    desired, resulting = (GRID.inverse(x)[512:-512].square().sum() for x in (spectra, found))
    assert resulting / desired == pytest.approx(1, abs=0.05)


def test_known_frames_stay_fixed(spectra, start):
    found = griffin_lim(spectra.abs(), start, GRID, iterations=8, known=spectra[:20])
    assert torch.equal(found[:20], spectra[:20])
