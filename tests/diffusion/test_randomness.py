"""Noise depends on the generator alone, per batch or per item."""

import pytest
import torch

from samuel_gen.diffusion.randomness import draw_noise


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_seed_gives_the_same_noise():
    like = torch.zeros(2, 3, 5)
    assert torch.equal(draw_noise(like, seeded(1)), draw_noise(like, seeded(1)))
    assert not torch.equal(draw_noise(like, seeded(1)), draw_noise(like, seeded(2)))


def test_noise_of_an_item_does_not_depend_on_the_batch():
    together = draw_noise(torch.zeros(3, 3, 5), [seeded(seed) for seed in (4, 5, 6)])
    for item, seed in enumerate((4, 5, 6)):
        alone = draw_noise(torch.zeros(1, 3, 5), [seeded(seed)])
        assert torch.equal(together[item : item + 1], alone)
        assert torch.equal(draw_noise(torch.zeros(1, 3, 5), seeded(seed)), alone)


def test_every_item_needs_a_generator():
    with pytest.raises(ValueError, match="shorter"):
        draw_noise(torch.zeros(3, 3, 5), [seeded(1), seeded(2)])


def test_without_a_generator_the_global_one_draws():
    with torch.random.fork_rng():
        torch.manual_seed(7)
        noise = draw_noise(torch.zeros(2, 3, 5), None)
    assert torch.equal(noise, draw_noise(torch.zeros(2, 3, 5), seeded(7)))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_noise_is_standard_normal_in_the_given_dtype(dtype):
    noise = draw_noise(torch.zeros(1, 10, 10_000, dtype=dtype), seeded(0))
    assert noise.dtype == dtype
    assert abs(noise.float().mean()) < 0.01 and abs(noise.float().std() - 1) < 0.01
