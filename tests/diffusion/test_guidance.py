import pytest
import torch

from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.objective import clean_from_velocity
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.errors import SamuelError

SCHEDULE = cosine()
BATCH, CHANNELS, FRAMES = 4, 3, 16


def listening(noisy, timestep, vocal):
    """A nonlinear denoiser to which it matters what is given of the vocal."""
    heard = vocal.latents * vocal.latents_given[:, None, None]
    sung = vocal.melody.sum(1, keepdim=True) * vocal.melody_given[:, None, None]
    return torch.sin(noisy) + heard - 0.3 * sung + timestep[:, None, None] / 800


@pytest.fixture
def noisy(generator):
    return torch.randn(BATCH, CHANNELS, FRAMES, generator=generator)


@pytest.fixture
def vocal(make_vocal):
    return make_vocal(BATCH, FRAMES, CHANNELS)


TIMESTEP = torch.tensor([799, 600, 300, 10])


def test_scale_1_is_the_plain_denoiser_in_one_pass(noisy, vocal, recorder):
    denoiser = recorder(listening)
    guided = Guided(denoiser, SCHEDULE, scale=1.0, rescale=0.7)(noisy, TIMESTEP, vocal)
    assert torch.equal(guided, listening(noisy, TIMESTEP, vocal))
    assert [len(call[0]) for call in denoiser.calls] == [BATCH]


def test_scale_0_is_the_denoiser_without_a_vocal(noisy, vocal):
    guided = Guided(listening, SCHEDULE, scale=0.0)(noisy, TIMESTEP, vocal)
    torch.testing.assert_close(guided, listening(noisy, TIMESTEP, vocal.withheld()))


def test_guidance_is_linear_in_its_scale_and_goes_through_both_passes(noisy, vocal):
    at = {s: Guided(listening, SCHEDULE, scale=s)(noisy, TIMESTEP, vocal) for s in (0.0, 2.0, 5.0)}
    conditional = listening(noisy, TIMESTEP, vocal)
    torch.testing.assert_close(at[2.0], at[0.0] + 2 * (conditional - at[0.0]))
    torch.testing.assert_close(at[5.0], at[0.0] + 2.5 * (at[2.0] - at[0.0]))
    assert not torch.allclose(at[2.0], conditional)


def test_both_passes_share_one_call_of_twice_the_batch(noisy, vocal, recorder):
    denoiser = recorder(listening)
    Guided(denoiser, SCHEDULE, scale=3.0)(noisy, TIMESTEP, vocal)
    [(both, timestep, vocals)] = denoiser.calls
    assert torch.equal(both, torch.cat([noisy, noisy]))
    assert torch.equal(timestep, torch.cat([TIMESTEP, TIMESTEP]))
    assert vocals.latents_given.tolist() == [True] * BATCH + [False] * BATCH


@pytest.mark.parametrize("rescale", [0.0, 0.7])
@pytest.mark.parametrize("interval", [(0.0, 1.0), (0.2, 0.9)])
def test_items_do_not_touch_each_other(noisy, vocal, rescale, interval):
    guided = Guided(listening, SCHEDULE, scale=3.0, rescale=rescale, interval=interval)
    together = guided(noisy, TIMESTEP, vocal)
    for item in range(BATCH):
        place = slice(item, item + 1)
        alone = guided(noisy[place], TIMESTEP[place], vocal.select(place))
        torch.testing.assert_close(together[place], alone)


def test_settings_may_come_as_yaml_writes_them(noisy, vocal):
    from_yaml = Guided(listening, SCHEDULE, scale=3, rescale=0, interval=[0, 1])
    plain = Guided(listening, SCHEDULE, scale=3.0)
    assert torch.equal(from_yaml(noisy, TIMESTEP, vocal), plain(noisy, TIMESTEP, vocal))


def test_what_is_withheld_already_stays_withheld(noisy, vocal):
    guided = Guided(listening, SCHEDULE, scale=3.0)(noisy, TIMESTEP, vocal.withheld())
    torch.testing.assert_close(guided, listening(noisy, TIMESTEP, vocal.withheld()))


def test_outside_the_interval_the_conditional_pass_is_all(noisy, vocal, recorder):
    denoiser = recorder(listening)
    guided = Guided(denoiser, SCHEDULE, scale=3.0, interval=(0.3, 0.8))
    outside = torch.tensor([799, 700, 200, 0])
    assert torch.equal(guided(noisy, outside, vocal), listening(noisy, outside, vocal))
    assert [len(call[0]) for call in denoiser.calls] == [BATCH]


def test_the_interval_includes_its_ends_and_is_per_item(noisy, vocal):
    everywhere = Guided(listening, SCHEDULE, scale=3.0)
    noisy_half = Guided(listening, SCHEDULE, scale=3.0, interval=(0.5, 1.0))
    timestep = torch.tensor([799, 400, 399, 0])
    mixed = noisy_half(noisy, timestep, vocal)
    torch.testing.assert_close(mixed[:2], everywhere(noisy, timestep, vocal)[:2])
    torch.testing.assert_close(mixed[2:], listening(noisy, timestep, vocal)[2:])
    clean_end = Guided(listening, SCHEDULE, scale=3.0, interval=(0.0, 0.5))
    mixed = clean_end(noisy, timestep, vocal)
    torch.testing.assert_close(mixed[2:], everywhere(noisy, timestep, vocal)[2:])
    torch.testing.assert_close(mixed[:2], listening(noisy, timestep, vocal)[:2])


def clean_spread(velocity, noisy):
    alpha, sigma = SCHEDULE.at(TIMESTEP, like=noisy)
    return clean_from_velocity(noisy, velocity, alpha, sigma).std(dim=(1, 2))


def test_full_rescale_gives_the_clean_latents_their_conditional_spread(noisy, vocal):
    plain = clean_spread(listening(noisy, TIMESTEP, vocal), noisy)
    guided = Guided(listening, SCHEDULE, scale=4.0)(noisy, TIMESTEP, vocal)
    rescaled = Guided(listening, SCHEDULE, scale=4.0, rescale=1.0)(noisy, TIMESTEP, vocal)
    half = Guided(listening, SCHEDULE, scale=4.0, rescale=0.5)(noisy, TIMESTEP, vocal)
    assert (clean_spread(guided, noisy)[:3] > 1.2 * plain[:3]).all()
    torch.testing.assert_close(clean_spread(rescaled, noisy), plain, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(half, (guided + rescaled) / 2, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"scale": -1.0}, "scale=-1.0; expected 0 or more"),
        ({"scale": float("nan")}, "scale=nan; expected 0 or more"),
        ({"rescale": 1.5}, "rescale=1.5; expected 0 to 1"),
        ({"interval": (0.8, 0.2)}, r"interval=\[0.8, 0.2\]; expected \[low, high\]"),
        ({"interval": [0.5]}, r"interval=\[0.5\]; expected \[low, high\]"),
    ],
)
def test_settings_out_of_range_are_refused(setting, message):
    with pytest.raises(SamuelError, match=message):
        Guided(listening, SCHEDULE, **setting)
