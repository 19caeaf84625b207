import pytest
import torch

from samuel_gen.codecs.spectral.grid import HIGH, LOW, FrameGrid
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


def mismatch(found: torch.Tensor, magnitudes: torch.Tensor) -> float:
    heard = GRID.forward(GRID.inverse(found)).abs()
    return float((heard - magnitudes).square().sum() / magnitudes.square().sum())


@pytest.mark.parametrize("grid", [LOW, HIGH, GRID], ids=str)
def test_inverse_undoes_analyse(grid):
    audio = torch.randn(2, 20 * grid.hop, generator=torch.Generator().manual_seed(0))
    back = grid.inverse(grid.analyse(audio, 0, 20)) * (grid.n_fft / 4)
    inside = slice(grid.n_fft, -grid.n_fft) if grid is not LOW else slice(4096, -4096)
    back = back[:, grid.lead :][:, : audio.shape[1]]
    torch.testing.assert_close(back[:, inside], audio[:, inside], atol=1e-4, rtol=0)


@pytest.mark.parametrize("grid", [LOW, HIGH], ids=str)
def test_a_full_scale_sine_reads_one(grid):
    cycles = grid.n_fft // 64 * torch.arange(8 * grid.n_fft) / grid.n_fft
    heard = grid.analyse(torch.sin(2 * torch.pi * cycles), 8, 1).abs().max()
    assert heard == pytest.approx(1, abs=1e-3)


def test_a_stretch_reads_what_the_whole_reads():
    audio = torch.randn(2, 50_000, generator=torch.Generator().manual_seed(0))
    whole = LOW.analyse(audio, 0, 25)
    torch.testing.assert_close(LOW.analyse(audio, 10, 7), whole[:, 10:17], atol=1e-6, rtol=0)


def test_true_phases_are_kept(spectra):
    found = griffin_lim(spectra.abs(), spectra, GRID, iterations=5)
    inside = slice(8, -8)  # at the ends, too few windows overlap to hold them
    torch.testing.assert_close(found[inside], spectra[inside], atol=1e-2, rtol=0)


def test_more_iterations_agree_better(spectra, start):
    magnitudes = spectra.abs()
    errors = [
        mismatch(griffin_lim(magnitudes, start, GRID, iterations=n), magnitudes) for n in (0, 8, 64)
    ]
    assert errors[2] < 0.5 * errors[1] < 0.5 * errors[0]


@pytest.mark.parametrize("iterations", [0, 16])
def test_energy_is_what_was_asked_for(spectra, start, iterations):
    found = griffin_lim(spectra.abs(), start, GRID, iterations=iterations)
    wanted, got = (GRID.inverse(x)[512:-512].square().sum() for x in (spectra, found))
    assert got / wanted == pytest.approx(1, abs=0.05)


def test_known_frames_stand(spectra, start):
    found = griffin_lim(spectra.abs(), start, GRID, iterations=8, known=spectra[:20])
    assert torch.equal(found[:20], spectra[:20])
