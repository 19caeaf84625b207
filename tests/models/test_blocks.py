import pytest
import torch

from samuel_gen.models.blocks import DownBlock, ResidualBlock, UpBlock


def residual(in_channels: int = 4, out_channels: int = 6, film: str = "per_frame"):
    return ResidualBlock(in_channels, out_channels, 3, 5, film)


@pytest.mark.parametrize("in_channels, out_channels", [(4, 4), (4, 6), (6, 4)])
@pytest.mark.parametrize("frames", [1, 7, 16])
def test_a_residual_block_keeps_the_frames(noise, in_channels, out_channels, frames):
    block = residual(in_channels, out_channels)
    changed = block(noise(2, in_channels, frames), noise(2, 3), block.listen(noise(2, 5, frames)))
    assert changed.shape == (2, out_channels, frames)


@pytest.mark.parametrize("out_channels", [4, 6])
def test_a_residual_block_adds_to_a_way_round(noise, awake, out_channels):
    block = awake(residual(4, out_channels))
    features, timestep, context = noise(2, 4, 9), noise(2, 3), noise(2, 5, 9)
    around = features if out_channels == 4 else block.around(features)
    assert (block(features, timestep, block.listen(context)) - around).abs().max() > 1e-2
    torch.nn.init.zeros_(block.conv_out.weight)
    torch.nn.init.zeros_(block.conv_out.bias)
    torch.testing.assert_close(block(features, timestep, block.listen(context)), around)


def test_the_voice_of_a_frame_reaches_that_frame_and_its_neighbours(noise, awake):
    block = awake(residual())
    context = noise(2, 5, 9).requires_grad_()
    changed = block(noise(2, 4, 9), noise(2, 3), block.listen(context))
    gradient = torch.autograd.grad((changed * noise(*changed.shape))[0, :, 4].sum(), context)[0]
    assert gradient.abs().sum(dim=1).nonzero().tolist() == [[0, 3], [0, 4], [0, 5]]


def test_features_reach_two_frames_and_no_statistic_crosses_more(noise, awake):
    block = awake(residual())
    features = noise(2, 4, 9).requires_grad_()
    changed = block(features, noise(2, 3), block.listen(noise(2, 5, 9)))
    gradient = torch.autograd.grad((changed * noise(*changed.shape))[0, :, 4].sum(), features)[0]
    assert gradient.abs().sum(dim=1).nonzero().tolist() == [[0, i] for i in range(2, 7)]


@pytest.mark.parametrize("film, heard", [("per_frame", True), ("pooled", True), ("none", False)])
def test_film_is_handed_to_every_block(noise, awake, film, heard):
    """Each block on its own: its context weights are there, or they are not."""
    features, timestep, context = noise(1, 4, 8), noise(1, 3), noise(1, 5, 8)
    down = awake(DownBlock(4, 6, 2, 3, 5, film))
    up = awake(UpBlock(6, 4, 2, 3, 5, film))
    for block in (*down.blocks, *up.blocks):
        inputs = features if block.conv_in.in_channels == 4 else features.repeat(1, 2, 1)
        moved = block(inputs, timestep, block.listen(context)) - block(
            inputs, timestep, block.listen(context + 1)
        )
        shuffled = block(inputs, timestep, block.listen(context)) - block(
            inputs, timestep, block.listen(context.roll(3, 2))
        )
        assert (moved.abs().max() > 1e-3) == heard
        assert (shuffled.abs().max() > 1e-3) == (film == "per_frame")


@pytest.mark.parametrize("depth", [1, 3])
def test_down_halves_the_frames_and_keeps_the_finer_features(noise, awake, depth):
    block = awake(DownBlock(4, 6, depth, 3, 5, "per_frame"))
    features, timestep, context = noise(2, 4, 16), noise(2, 3), noise(2, 5, 16)
    coarse, fine = block(features, timestep, block.listen(context))
    assert coarse.shape == (2, 6, 8) and fine.shape == (2, 4, 16)
    assert len(block.blocks) == depth
    for residual_block in block.blocks:
        features = residual_block(features, timestep, residual_block.listen(context))
    torch.testing.assert_close(fine, features)
    torch.testing.assert_close(coarse, block.down(fine))


@pytest.mark.parametrize("depth", [1, 3])
def test_up_doubles_the_frames(noise, awake, depth):
    block = awake(UpBlock(6, 4, depth, 3, 5, "per_frame"))
    features, kept = noise(2, 6, 8), noise(2, 4, 16)
    raised = block(features, kept, noise(2, 3), block.listen(noise(2, 5, 16)))
    assert raised.shape == (2, 4, 16)
    assert len(block.blocks) == depth


def test_up_hears_what_comes_from_below_and_what_was_kept_in_its_place(noise, awake):
    block = awake(UpBlock(6, 4, 1, 3, 5, "per_frame"))
    features, kept = noise(1, 6, 8).requires_grad_(), noise(1, 4, 16).requires_grad_()
    raised = block(features, kept, noise(1, 3), block.listen(noise(1, 5, 16)))
    from_below, from_kept = (
        gradient.abs().sum(dim=(0, 1)).nonzero().flatten().tolist()
        for gradient in torch.autograd.grad(
            (raised * noise(*raised.shape))[:, :, 8].sum(), (features, kept)
        )
    )
    assert from_kept == list(range(6, 11)), "frame 8 and two on either side"
    assert from_below == list(range(2, 6)), "the coarse frames that cover them"
