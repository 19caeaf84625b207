import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.models.film import FiLM

MODES = ("per_frame", "pooled", "none")


@pytest.fixture
def hearing(noise):
    """Features, the timestep's embedding, a context, and the same context in another order."""
    order = torch.tensor([3, 5, 4, 0, 1, 2])
    context = noise(2, 5, 6)
    return noise(2, 4, 6), noise(2, 3), context, context[:, :, order]


@pytest.mark.parametrize("mode", MODES)
def test_born_as_the_identity(hearing, mode):
    features, timestep, context, _ = hearing
    film = FiLM(4, 3, 5, mode)
    torch.testing.assert_close(film(features, timestep, film.listen(context)), features)


@pytest.mark.parametrize("mode", MODES)
def test_the_timestep_modulates_in_every_mode(hearing, awake, mode):
    features, timestep, context, _ = hearing
    film = awake(FiLM(4, 3, 5, mode))
    other = film(features, timestep.flip(0), film.listen(context))
    assert (film(features, timestep, film.listen(context)) - other).abs().max() > 1e-2


def test_per_frame_hears_when_the_voice_sings(hearing, awake):
    features, timestep, context, shuffled = hearing
    film = awake(FiLM(4, 3, 5, "per_frame"))
    moved = film(features, timestep, film.listen(context)) - film(
        features, timestep, film.listen(shuffled)
    )
    assert moved.abs().amax(dim=1).min() > 1e-3, "every frame hears the voice of that very frame"


def test_per_frame_is_the_modulation_it_promises(hearing, awake):
    features, timestep, context, _ = hearing
    film = awake(FiLM(4, 3, 5, "per_frame"))
    scale, shift, scale_gate, shift_gate = film.timestep(timestep)[:, :, None].chunk(4, dim=1)
    heard_scale, heard_shift = film.context(context).chunk(2, dim=1)
    expected = features * (1 + scale + scale_gate * heard_scale) + shift + shift_gate * heard_shift
    torch.testing.assert_close(film(features, timestep, film.listen(context)), expected)


def test_per_frame_reaches_no_other_frame_and_no_other_item(hearing, awake):
    features, timestep, context, _ = hearing
    film = awake(FiLM(4, 3, 5))
    context.requires_grad_()
    output = film(features, timestep, film.listen(context))
    gradient = torch.autograd.grad(output[1, :, 2].sum(), context)[0]
    assert gradient.abs().sum(dim=1).nonzero().tolist() == [[1, 2]]


def test_pooled_hears_the_voice_but_not_when_it_sings(hearing, awake):
    features, timestep, context, shuffled = hearing
    film = awake(FiLM(4, 3, 5, "pooled"))
    heard = film(features, timestep, film.listen(context))
    torch.testing.assert_close(film(features, timestep, film.listen(shuffled)), heard)
    assert (film(features, timestep, film.listen(context + 1)) - heard).abs().max() > 1e-2


def test_none_ignores_the_voice(hearing, awake):
    features, timestep, context, _ = hearing
    film = awake(FiLM(4, 3, 5, "none"))
    heard = film(features, timestep, film.listen(context))
    assert torch.equal(film(features, timestep, film.listen(torch.full_like(context, 1e6))), heard)
    assert not any(name.startswith("context") for name, _ in film.named_parameters())


@pytest.mark.parametrize("mode", ["per_frame", "pooled"])
def test_one_step_from_birth_the_voice_and_its_gate_learn(hearing, mode):
    features, timestep, context, _ = hearing
    film = FiLM(4, 3, 5, mode)

    def gradients() -> tuple[torch.Tensor, ...]:
        heard = context.clone().requires_grad_()
        film.zero_grad()
        loss = (film(features, timestep, film.listen(heard)) - 1).square().sum()
        loss.backward()
        own, gate = film.timestep.weight.grad.chunk(2)
        return film.context.weight.grad, own, gate, heard.grad

    weight, own, _, _ = gradients()
    assert weight.any() and own.any(), "both ways in learn from the first step on"
    with torch.no_grad():
        for parameter in film.parameters():
            parameter -= 0.1 * parameter.grad
    assert all(gradient.any() for gradient in gradients())


def test_a_mode_that_does_not_exist_is_named(unchecked):
    with pytest.raises(SamuelError, match="film=sometimes; expected one of per_frame, pooled"):
        FiLM(4, 3, 5, mode="sometimes")
