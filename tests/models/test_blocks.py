import pytest
import torch

from samuel_gen.models.blocks import DownBlock, ResidualBlock, UpBlock


def residual_block(in_channels: int = 4, out_channels: int = 6, film: str = "per_frame"):
    return ResidualBlock(in_channels, out_channels, 3, 5, film)


@pytest.mark.parametrize("in_channels, out_channels", [(4, 4), (4, 6), (6, 4)])
@pytest.mark.parametrize("frames", [1, 7, 16])
def test_a_residual_block_keeps_the_number_of_frames(noise, in_channels, out_channels, frames):
    block = residual_block(in_channels, out_channels)
    changed = block(
        noise(2, in_channels, frames), noise(2, 3), block.project_context(noise(2, 5, frames))
    )
    assert changed.shape == (2, out_channels, frames)


@pytest.mark.parametrize("out_channels", [4, 6])
def test_a_residual_block_adds_to_its_skip_connection(noise, randomise, out_channels):
    block = randomise(residual_block(4, out_channels))
    features, timestep, context = noise(2, 4, 9), noise(2, 3), noise(2, 5, 9)
    skip = features if out_channels == 4 else block.around(features)
    assert (block(features, timestep, block.project_context(context)) - skip).abs().max() > 1e-2
    torch.nn.init.zeros_(block.conv_out.weight)
    torch.nn.init.zeros_(block.conv_out.bias)
    torch.testing.assert_close(block(features, timestep, block.project_context(context)), skip)


def test_context_reaches_its_frame_and_the_neighbours(noise, randomise):
    block = randomise(residual_block())
    context = noise(2, 5, 9).requires_grad_()
    changed = block(noise(2, 4, 9), noise(2, 3), block.project_context(context))
    gradient = torch.autograd.grad((changed * noise(*changed.shape))[0, :, 4].sum(), context)[0]
    assert gradient.abs().sum(dim=1).nonzero().tolist() == [[0, 3], [0, 4], [0, 5]]


def test_features_reach_two_frames_to_either_side(noise, randomise):
    block = randomise(residual_block())
    features = noise(2, 4, 9).requires_grad_()
    changed = block(features, noise(2, 3), block.project_context(noise(2, 5, 9)))
    gradient = torch.autograd.grad((changed * noise(*changed.shape))[0, :, 4].sum(), features)[0]
    assert gradient.abs().sum(dim=1).nonzero().tolist() == [[0, i] for i in range(2, 7)]


@pytest.mark.parametrize(
    "film, uses_context", [("per_frame", True), ("pooled", True), ("none", False)]
)
def test_every_block_gets_the_choice_of_film(noise, randomise, film, uses_context):
    features, timestep, context = noise(1, 4, 8), noise(1, 3), noise(1, 5, 8)
    down = randomise(DownBlock(4, 6, 2, 3, 5, film))
    up = randomise(UpBlock(6, 4, 2, 3, 5, film))
    for block in (*down.blocks, *up.blocks):
        inputs = features if block.conv_in.in_channels == 4 else features.repeat(1, 2, 1)
        shifted = block(inputs, timestep, block.project_context(context)) - block(
            inputs, timestep, block.project_context(context + 1)
        )
        shuffled = block(inputs, timestep, block.project_context(context)) - block(
            inputs, timestep, block.project_context(context.roll(3, 2))
        )
        assert (shifted.abs().max() > 1e-3) == uses_context
        assert (shuffled.abs().max() > 1e-3) == (film == "per_frame")


@pytest.mark.parametrize("depth", [1, 3])
def test_a_down_block_halves_the_frames_and_returns_the_skip(noise, randomise, depth):
    block = randomise(DownBlock(4, 6, depth, 3, 5, "per_frame"))
    features, timestep, context = noise(2, 4, 16), noise(2, 3), noise(2, 5, 16)
    coarse, fine = block(features, timestep, block.project_context(context))
    assert coarse.shape == (2, 6, 8) and fine.shape == (2, 4, 16)
    assert len(block.blocks) == depth
    for each in block.blocks:
        features = each(features, timestep, each.project_context(context))
    torch.testing.assert_close(fine, features)
    torch.testing.assert_close(coarse, block.down(fine))


@pytest.mark.parametrize("depth", [1, 3])
def test_an_up_block_doubles_the_frames(noise, randomise, depth):
    block = randomise(UpBlock(6, 4, depth, 3, 5, "per_frame"))
    features, skip = noise(2, 6, 8), noise(2, 4, 16)
    doubled = block(features, skip, noise(2, 3), block.project_context(noise(2, 5, 16)))
    assert doubled.shape == (2, 4, 16)
    assert len(block.blocks) == depth


def test_an_up_block_aligns_coarse_and_skip_frames(noise, randomise):
    block = randomise(UpBlock(6, 4, 1, 3, 5, "per_frame"))
    features, skip = noise(1, 6, 8).requires_grad_(), noise(1, 4, 16).requires_grad_()
    doubled = block(features, skip, noise(1, 3), block.project_context(noise(1, 5, 16)))
    from_below, from_skip = (
        gradient.abs().sum(dim=(0, 1)).nonzero().flatten().tolist()
        for gradient in torch.autograd.grad(
            (doubled * noise(*doubled.shape))[:, :, 8].sum(), (features, skip)
        )
    )
    assert from_skip == list(range(6, 11)), "frame 8 and two on either side"
    assert from_below == list(range(2, 6)), "the coarse frames that cover them"
