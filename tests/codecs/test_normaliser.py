import json

import pytest
import torch

from samuel_gen.codecs.normaliser import LatentNormaliser
from samuel_gen.errors import SamuelError


@pytest.fixture
def latents() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    spread = torch.logspace(-1, 1.5, 8)
    noise = torch.randn(3, 8, 2000, generator=generator)
    return noise * spread[:, None] + torch.arange(8.0)[:, None]


def fit_normaliser(latents: torch.Tensor, power: float) -> LatentNormaliser:
    return LatentNormaliser.fit(latents.mean((0, 2)), latents.std((0, 2)), power=power)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_mean_is_zero_and_average_variance_one(latents, power):
    normalised = fit_normaliser(latents, power).normalise(latents)
    assert normalised.var((0, 2)).mean() == pytest.approx(1.0, rel=1e-3)
    assert normalised.mean((0, 2)).abs().max() < 1e-4


def test_power_one_whitens_each_channel(latents):
    normalised = fit_normaliser(latents, 1.0).normalise(latents)
    torch.testing.assert_close(normalised.std((0, 2)), torch.ones(8), rtol=1e-3, atol=0)


def test_power_half_keeps_the_square_root_of_the_proportions(latents):
    normalised = fit_normaliser(latents, 0.5).normalise(latents).std((0, 2))
    original = latents.std((0, 2))
    torch.testing.assert_close(
        normalised / normalised[0], (original / original[0]).sqrt(), rtol=1e-3, atol=0
    )


def test_denormalise_inverts_normalise(latents):
    normaliser = fit_normaliser(latents, 0.5)
    for item in (latents, latents[0]):
        back = normaliser.denormalise(normaliser.normalise(item))
        torch.testing.assert_close(back, item, rtol=1e-4, atol=1e-4)


def test_constant_channel_stays_finite(latents):
    latents[:, 3] = 7.0
    normaliser = fit_normaliser(latents, 0.5)
    assert torch.isfinite(normaliser.normalise(latents)).all()


def test_normaliser_round_trips_through_json(latents):
    normaliser = fit_normaliser(latents, 0.5)
    back = LatentNormaliser.from_dict(json.loads(json.dumps(normaliser.to_dict())))
    assert torch.equal(back.mean, normaliser.mean) and torch.equal(back.scale, normaliser.scale)


def test_statistics_of_silence_are_an_error():
    with pytest.raises(SamuelError, match="are all the songs silent"):
        LatentNormaliser.fit(torch.zeros(4), torch.zeros(4))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"mean": [0.0]}, "the keys"),
        ({"mean": [0.0], "scale": [0.0]}, "positive scale"),
        ({"mean": [0.0], "scale": ["a"]}, "not a list of numbers"),
    ],
    ids=["missing", "zero", "words"],
)
def test_damaged_dictionary_is_an_error(values, reason):
    with pytest.raises(SamuelError, match=reason):
        LatentNormaliser.from_dict(values)
