import pytest
import torch

from samuel_gen.codecs.spectral.grid import (
    HIGH,
    HIGH_BINS,
    LOW,
    SAMPLE_RATE,
    FrameGrid,
    fade_in,
    interpolate_frames,
)

GRID = FrameGrid(512, 128)


@pytest.mark.parametrize("grid", [LOW, HIGH, GRID], ids=str)
def test_inverse_inverts_analyse(grid):
    audio = torch.randn(2, 20 * grid.hop, generator=torch.Generator().manual_seed(0))
    back = grid.inverse(grid.analyse(audio, 0, 20)) * (grid.n_fft / 4)
    inside = slice(grid.n_fft, -grid.n_fft) if grid is not LOW else slice(4096, -4096)
    back = back[:, grid.lead :][:, : audio.shape[1]]
    torch.testing.assert_close(back[:, inside], audio[:, inside], atol=1e-4, rtol=0)


@pytest.mark.parametrize("grid", [LOW, HIGH], ids=str)
def test_full_scale_sine_has_magnitude_one(grid):
    cycles = grid.n_fft // 64 * torch.arange(8 * grid.n_fft) / grid.n_fft
    peak = grid.analyse(torch.sin(2 * torch.pi * cycles), 8, 1).abs().max()
    assert peak == pytest.approx(1, abs=1e-3)


def test_frames_do_not_depend_on_the_first_one():
    audio = torch.randn(2, 50_000, generator=torch.Generator().manual_seed(0))
    whole = LOW.analyse(audio, 0, 25)
    torch.testing.assert_close(LOW.analyse(audio, 10, 7), whole[:, 10:17], atol=1e-6, rtol=0)


def test_high_band_fades_in_over_the_crossover():
    gain = fade_in(HIGH_BINS, HIGH.n_fft)
    frequency = torch.arange(HIGH_BINS) * SAMPLE_RATE / HIGH.n_fft
    assert not gain[frequency < 1120].any() and (gain[frequency > 1318.5] == 1).all()
    assert (gain.diff() >= 0).all()


def test_interpolation_is_linear_between_frame_centres():
    values = torch.tensor([[0.0], [4.0], [4.0]])
    found = interpolate_frames(values, 4)
    expected = torch.tensor([0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4, 4, 4, 4, 4])
    torch.testing.assert_close(found[:, 0], expected)
