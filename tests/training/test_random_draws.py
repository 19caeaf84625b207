import pytest
import torch

from samuel_gen.diffusion.denoiser import VIEWS, Vocal
from samuel_gen.training.random_draws import (
    Purpose,
    draw_items,
    draw_validation_noise,
    make_generator,
    withhold_views,
)


def first_number(*key: int) -> float:
    return float(torch.rand(1, generator=make_generator(*key)))


def test_every_seed_purpose_and_place_has_a_stream_of_its_own() -> None:
    keys = [
        (seed, purpose, *place)
        for seed in (0, 1)
        for purpose in Purpose
        for place in [(), (0,), (1,), (0, 0), (0, 1), (1, 0)]
    ]
    assert len({first_number(*key) for key in keys}) == len(keys)
    assert first_number(*keys[0]) == first_number(*keys[0])


def test_an_item_draws_the_same_in_any_batch() -> None:
    like = torch.zeros(4, 64, 32)
    chance, noise = draw_items(torch.tensor([7, 8, 9, 10]), like, seed=0)
    assert noise.std() == pytest.approx(1, abs=0.02)
    assert noise.flatten(1).corrcoef().triu(1).abs().max() < 0.1
    fewer = draw_items(torch.tensor([10, 8]), like[:2], seed=0)
    assert torch.equal(fewer[0], chance[[3, 1]]) and torch.equal(fewer[1], noise[[3, 1]])
    _, other_seed = draw_items(torch.tensor([7]), like[:1], seed=1)
    assert not torch.equal(other_seed, noise[:1])


def test_draws_do_not_depend_on_the_global_state() -> None:
    drawn = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        _, noise = draw_items(torch.tensor([3]), torch.zeros(1, 2, 4), seed=0)
        drawn.append((noise, draw_validation_noise(torch.tensor([3]), torch.zeros(1, 2, 4))))
    assert torch.equal(drawn[0][0], drawn[1][0]) and torch.equal(drawn[0][1], drawn[1][1])


def test_validation_noise_belongs_to_the_item() -> None:
    like = torch.zeros(2, 64, 16, dtype=torch.float64)
    noise = draw_validation_noise(torch.tensor([4, 5]), like)
    assert noise.dtype == torch.float64
    assert torch.equal(draw_validation_noise(torch.tensor([5]), like[:1]), noise[1:])
    assert not torch.equal(noise[0], noise[1])


def test_views_are_withheld_at_the_given_rates() -> None:
    items = 4000
    chance, _ = draw_items(torch.arange(items), torch.zeros(items, 1, 1), seed=0)
    shares = {"latents": 0.3, "melody": 0.05, "chords": 0.2, "beats": 0.4, "style": 0.5}
    vocal = withhold_views(make_vocal(items), chance, 0.1, shares)
    given = {view: getattr(vocal, f"{view}_given").float() for view in VIEWS}
    for view, share in shares.items():
        assert given[view].mean() == pytest.approx(0.9 * (1 - share), abs=0.03)
    sheet = (given["chords"] + given["beats"] == 0).float().mean()
    assert sheet == pytest.approx(0.1 + 0.9 * 0.2 * 0.4, abs=0.02), "each on its own"
    nothing = (sum(given.values()) == 0).float().mean()
    assert nothing == pytest.approx(0.1 + 0.9 * 0.3 * 0.05 * 0.2 * 0.4 * 0.5, abs=0.02)


def test_a_view_that_the_data_lack_is_never_given() -> None:
    vocal = make_vocal(50).withhold_views(["melody", "beats"])
    chance = torch.ones(50, 1 + len(VIEWS))
    result = withhold_views(vocal, chance, 0.1, dict.fromkeys(VIEWS, 0.1))
    assert not result.melody_given.any() and not result.beats_given.any()
    assert result.latents_given.all() and result.chords_given.all() and result.style_given.all()


def make_vocal(items: int) -> Vocal:
    """Make vocals of one frame with all views given."""
    given = {f"{view}_given": torch.ones(items, dtype=torch.bool) for view in VIEWS}
    sheet = {"chords": torch.zeros(items, 24, 1), "beats": torch.zeros(items, 6, 1)}
    style = torch.zeros(items, dtype=torch.int64)
    return Vocal(torch.zeros(items, 1, 1), torch.zeros(items, 14, 1), **sheet, style=style, **given)
