import torch

from samuel_gen.models.norm import ChannelNorm


def test_the_norm_has_a_known_value():
    normed = ChannelNorm(2)(torch.tensor([[[3.0], [4.0]]]))
    expected = torch.tensor([[[3.0], [4.0]]]) / 12.5**0.5
    torch.testing.assert_close(normed, expected)


def test_every_frame_has_unit_power(noise):
    features = noise(2, 8, 5) * torch.tensor([0.1, 1.0, 10.0, 100.0, 1000.0])
    power = ChannelNorm(8)(features).square().mean(dim=1)
    torch.testing.assert_close(power, torch.ones(2, 5), rtol=1e-3, atol=0)


def test_each_channel_has_its_own_gain(noise):
    norm = ChannelNorm(3)
    features = noise(1, 3, 4)
    plain = norm(features)
    with torch.no_grad():
        norm.gain.copy_(torch.tensor([[1.0], [2.0], [-3.0]]))
    torch.testing.assert_close(norm(features), plain * torch.tensor([[1.0], [2.0], [-3.0]]))


def test_no_statistic_crosses_frames_or_items(noise):
    features = noise(2, 4, 6).requires_grad_()
    gradient = torch.autograd.grad(ChannelNorm(4)(features)[0, :2, 3].sum(), features)[0]
    reached = gradient.abs().sum(dim=1).nonzero().tolist()
    assert reached == [[0, 3]]


def test_zeros_stay_zeros_with_a_finite_gradient():
    features = torch.zeros(1, 4, 3, requires_grad=True)
    normed = ChannelNorm(4)(features)
    normed.sum().backward()
    assert not normed.any() and features.grad.isfinite().all()


def test_features_keep_their_dtype_under_autocast(noise):
    """Otherwise all elementwise work after a norm is float32: slower, and twice the memory."""
    norm = ChannelNorm(4)
    features = noise(1, 4, 6)
    with torch.autocast("cpu", torch.bfloat16):
        normed = norm(features.bfloat16())
    assert normed.dtype == torch.bfloat16
    torch.testing.assert_close(normed.float(), norm(features), rtol=0, atol=0.03)
