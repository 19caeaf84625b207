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


def fitted(latents: torch.Tensor, power: float) -> LatentNormaliser:
    return LatentNormaliser.fit(latents.mean((0, 2)), latents.std((0, 2)), power=power)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_average_variance_is_one_and_mean_zero(latents, power):
    seen = fitted(latents, power).normalise(latents)
    assert seen.var((0, 2)).mean() == pytest.approx(1.0, rel=1e-3)
    assert seen.mean((0, 2)).abs().max() < 1e-4


def test_power_one_whitens_each_channel(latents):
    seen = fitted(latents, 1.0).normalise(latents)
    torch.testing.assert_close(seen.std((0, 2)), torch.ones(8), rtol=1e-3, atol=0)


def test_power_half_keeps_the_square_root_of_the_proportions(latents):
    seen = fitted(latents, 0.5).normalise(latents).std((0, 2))
    whole = latents.std((0, 2))
    torch.testing.assert_close(seen / seen[0], (whole / whole[0]).sqrt(), rtol=1e-3, atol=0)


def test_denormalise_undoes_normalise_with_and_without_a_batch(latents):
    normaliser = fitted(latents, 0.5)
    for item in (latents, latents[0]):
        back = normaliser.denormalise(normaliser.normalise(item))
        torch.testing.assert_close(back, item, rtol=1e-4, atol=1e-4)


def test_a_channel_that_never_moves_stays_finite(latents):
    latents[:, 3] = 7.0
    normaliser = fitted(latents, 0.5)
    assert torch.isfinite(normaliser.normalise(latents)).all()


def test_survives_json(latents):
    normaliser = fitted(latents, 0.5)
    back = LatentNormaliser.from_dict(json.loads(json.dumps(normaliser.to_dict())))
    assert torch.equal(back.mean, normaliser.mean) and torch.equal(back.scale, normaliser.scale)


def test_statistics_of_silence_are_the_users_error():
    with pytest.raises(SamuelError, match="silent"):
        LatentNormaliser.fit(torch.zeros(4), torch.zeros(4))


@pytest.mark.parametrize(
    "values",
    [{"mean": [0.0]}, {"mean": [0.0], "scale": [0.0]}, {"mean": [0.0], "scale": ["a"]}],
    ids=["missing", "zero", "words"],
)
def test_a_damaged_dictionary_is_the_users_error(values):
    with pytest.raises(SamuelError, match="expected"):
        LatentNormaliser.from_dict(values)
