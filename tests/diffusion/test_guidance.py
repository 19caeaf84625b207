import pytest
import torch

from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.objective import clean_from_velocity
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.errors import SamuelError

SCHEDULE = cosine()
BATCH, CHANNELS, FRAMES = 4, 3, 16


def nonlinear(noisy, timestep, vocal):
    """A nonlinear denoiser that depends on both views of the vocal and on their flags."""
    latents = vocal.latents * vocal.latents_given[:, None, None]
    melody = vocal.melody.sum(1, keepdim=True) * vocal.melody_given[:, None, None]
    return torch.sin(noisy) + latents - 0.3 * melody + timestep[:, None, None] / 800


@pytest.fixture
def noisy(generator):
    return torch.randn(BATCH, CHANNELS, FRAMES, generator=generator)


@pytest.fixture
def vocal(make_vocal):
    return make_vocal(BATCH, FRAMES, CHANNELS)


TIMESTEP = torch.tensor([799, 600, 300, 10])


def test_scale_1_is_the_plain_denoiser_in_one_pass(noisy, vocal, recorder):
    denoiser = recorder(nonlinear)
    guided = Guided(denoiser, SCHEDULE, scale=1.0, rescale=0.7)(noisy, TIMESTEP, vocal)
    assert torch.equal(guided, nonlinear(noisy, TIMESTEP, vocal))
    assert [len(call[0]) for call in denoiser.calls] == [BATCH]


def test_scale_0_is_the_denoiser_without_a_vocal(noisy, vocal):
    guided = Guided(nonlinear, SCHEDULE, scale=0.0)(noisy, TIMESTEP, vocal)
    torch.testing.assert_close(guided, nonlinear(noisy, TIMESTEP, vocal.withhold_views()))


def test_guidance_is_linear_in_its_scale(noisy, vocal):
    at = {s: Guided(nonlinear, SCHEDULE, scale=s)(noisy, TIMESTEP, vocal) for s in (0.0, 2.0, 5.0)}
    conditional = nonlinear(noisy, TIMESTEP, vocal)
    torch.testing.assert_close(at[2.0], at[0.0] + 2 * (conditional - at[0.0]))
    torch.testing.assert_close(at[5.0], at[0.0] + 2.5 * (at[2.0] - at[0.0]))
    assert not torch.allclose(at[2.0], conditional)


def test_both_passes_are_one_call_of_twice_the_batch(noisy, vocal, recorder):
    denoiser = recorder(nonlinear)
    Guided(denoiser, SCHEDULE, scale=3.0)(noisy, TIMESTEP, vocal)
    [(both, timestep, vocals)] = denoiser.calls
    assert torch.equal(both, torch.cat([noisy, noisy]))
    assert torch.equal(timestep, torch.cat([TIMESTEP, TIMESTEP]))
    assert vocals.latents_given.tolist() == [True] * BATCH + [False] * BATCH


@pytest.mark.parametrize("rescale", [0.0, 0.7])
@pytest.mark.parametrize("interval", [(0.0, 1.0), (0.2, 0.9)])
def test_items_do_not_influence_each_other(noisy, vocal, rescale, interval):
    guided = Guided(nonlinear, SCHEDULE, scale=3.0, rescale=rescale, interval=interval)
    together = guided(noisy, TIMESTEP, vocal)
    for item in range(BATCH):
        one = slice(item, item + 1)
        alone = guided(noisy[one], TIMESTEP[one], vocal.select(one))
        torch.testing.assert_close(together[one], alone)


def test_settings_may_be_integers_and_lists(noisy, vocal):
    from_yaml = Guided(nonlinear, SCHEDULE, scale=3, rescale=0, interval=[0, 1])
    plain = Guided(nonlinear, SCHEDULE, scale=3.0)
    assert torch.equal(from_yaml(noisy, TIMESTEP, vocal), plain(noisy, TIMESTEP, vocal))


def test_a_withheld_vocal_stays_withheld(noisy, vocal):
    guided = Guided(nonlinear, SCHEDULE, scale=3.0)(noisy, TIMESTEP, vocal.withhold_views())
    torch.testing.assert_close(guided, nonlinear(noisy, TIMESTEP, vocal.withhold_views()))


def test_outside_the_interval_one_pass_is_made(noisy, vocal, recorder):
    denoiser = recorder(nonlinear)
    guided = Guided(denoiser, SCHEDULE, scale=3.0, interval=(0.3, 0.8))
    outside = torch.tensor([799, 700, 200, 0])
    assert torch.equal(guided(noisy, outside, vocal), nonlinear(noisy, outside, vocal))
    assert [len(call[0]) for call in denoiser.calls] == [BATCH]


def test_the_interval_includes_its_ends_and_is_per_item(noisy, vocal):
    everywhere = Guided(nonlinear, SCHEDULE, scale=3.0)
    noisy_half = Guided(nonlinear, SCHEDULE, scale=3.0, interval=(0.5, 1.0))
    timestep = torch.tensor([799, 400, 399, 0])
    mixed = noisy_half(noisy, timestep, vocal)
    torch.testing.assert_close(mixed[:2], everywhere(noisy, timestep, vocal)[:2])
    torch.testing.assert_close(mixed[2:], nonlinear(noisy, timestep, vocal)[2:])
    clean_end = Guided(nonlinear, SCHEDULE, scale=3.0, interval=(0.0, 0.5))
    mixed = clean_end(noisy, timestep, vocal)
    torch.testing.assert_close(mixed[2:], everywhere(noisy, timestep, vocal)[2:])
    torch.testing.assert_close(mixed[:2], nonlinear(noisy, timestep, vocal)[:2])


def clean_std(velocity, noisy):
    alpha, sigma = SCHEDULE.at(TIMESTEP, like=noisy)
    return clean_from_velocity(noisy, velocity, alpha, sigma).std(dim=(1, 2))


def test_full_rescale_restores_the_conditional_std(noisy, vocal):
    plain = clean_std(nonlinear(noisy, TIMESTEP, vocal), noisy)
    guided = Guided(nonlinear, SCHEDULE, scale=4.0)(noisy, TIMESTEP, vocal)
    rescaled = Guided(nonlinear, SCHEDULE, scale=4.0, rescale=1.0)(noisy, TIMESTEP, vocal)
    half = Guided(nonlinear, SCHEDULE, scale=4.0, rescale=0.5)(noisy, TIMESTEP, vocal)
    assert (clean_std(guided, noisy)[:3] > 1.2 * plain[:3]).all()
    torch.testing.assert_close(clean_std(rescaled, noisy), plain, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(half, (guided + rescaled) / 2, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"scale": -1.0}, "scale=-1.0: choose 0 or more"),
        ({"scale": float("nan")}, "scale=nan: choose 0 or more"),
        ({"rescale": 1.5}, "rescale=1.5: choose 0 to 1"),
        ({"interval": (0.8, 0.2)}, r"interval=\[0.8, 0.2\]: give \[low, high\]"),
        ({"interval": [0.5]}, r"interval=\[0.5\]: give \[low, high\]"),
    ],
)
def test_settings_out_of_range_are_refused(setting, message):
    with pytest.raises(SamuelError, match=message):
        Guided(nonlinear, SCHEDULE, **{"scale": 2.0, **setting})
