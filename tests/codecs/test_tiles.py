import pytest
import torch
from torch import nn

from samuel_gen.codecs.tiles import place_tiles, receptive_field, run_in_tiles

DOWN = nn.Sequential(nn.Conv1d(2, 4, 5, padding=2), nn.Tanh(), nn.Conv1d(4, 3, 8, 4, padding=2))
UP = nn.Sequential(
    nn.ConvTranspose1d(3, 4, 8, 4, padding=2), nn.Tanh(), nn.Conv1d(4, 2, 7, padding=9, dilation=3)
)


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("network", "channels", "middle"), [(DOWN, 2, 10), (UP, 3, 40)])
def test_receptive_field_is_where_gradients_are_nonzero(network, channels, middle):
    values = noise(channels, 80).requires_grad_()
    network(values[None])[0, :, middle : middle + 3].square().sum().backward()
    inputs = torch.nonzero(values.grad.abs().amax(0))[:, 0]
    assert (inputs.min(), inputs.max()) == receptive_field(network, middle, middle + 2)


@pytest.mark.parametrize("context", [0, 1, 5])
@pytest.mark.parametrize("frames", range(1, 60))
def test_tiles_cover_every_frame_with_its_context(frames, context):
    starts, length = place_tiles(frames, context, 12)
    assert length <= 12 and starts[0] == 0 and starts[-1] + length == frames
    for start, following in zip(starts, starts[1:], strict=False):
        assert start + length - context >= following + context > start + context
    for start in starts:
        assert start >= 0


@pytest.mark.parametrize("max_batch", [1, 3, 100])
@pytest.mark.parametrize("frames", [3, 8, 9, 20, 31])
@torch.no_grad()
def test_tiled_output_equals_that_of_a_single_run(frames, max_batch):
    shapes = []

    def run(batch: torch.Tensor) -> torch.Tensor:
        shapes.append(batch.shape)
        return DOWN(batch)

    values = noise(2, 4 * frames)
    found = run_in_tiles(run, values, (4, 1), context=1, longest=8, max_batch=max_batch)
    torch.testing.assert_close(found, DOWN(values[None])[0], atol=1e-5, rtol=1e-5)
    assert all(items <= max_batch and samples <= 8 * 4 for items, _, samples in shapes)
    if max_batch == 3 and frames == 31:
        assert shapes[0][0] == 3
    values = noise(3, frames)
    found = run_in_tiles(UP, values, (1, 4), context=3, longest=8, max_batch=max_batch)
    torch.testing.assert_close(found, UP(values[None])[0], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_too_little_context_changes_the_output():
    """So the test above is sensitive to the context."""
    values = noise(3, 31)
    found = run_in_tiles(UP, values, (1, 4), context=2, longest=8, max_batch=1)
    assert (found - UP(values[None])[0]).abs().max() > 1e-3
