import torch

from samuel_gen.data.moments import ChannelMoments


def test_moments_of_parts_equal_those_of_the_whole():
    latents = 1000 + torch.randn(3, 500, generator=torch.Generator().manual_seed(0))
    moments = ChannelMoments(3)
    for start, stop in ((0, 1), (1, 1), (1, 200), (200, 500)):
        moments.add(latents[:, start:stop])
    torch.testing.assert_close(moments.mean, latents.double().mean(1))
    torch.testing.assert_close(moments.std, latents.double().std(1, correction=0))
    assert moments.count == 500
