import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.models.film import FiLM

MODES = ("per_frame", "pooled", "none")


@pytest.fixture
def inputs(noise):
    """Features, the timestep's embedding, a context, and its frames in another order."""
    order = torch.tensor([3, 5, 4, 0, 1, 2])
    context = noise(2, 5, 6)
    return noise(2, 4, 6), noise(2, 3), context, context[:, :, order]


@pytest.mark.parametrize("mode", MODES)
def test_film_is_the_identity_at_initialisation(inputs, mode):
    features, timestep, context, _ = inputs
    film = FiLM(4, 3, 5, mode)
    torch.testing.assert_close(film(features, timestep, film.project_context(context)), features)


@pytest.mark.parametrize("mode", MODES)
def test_the_timestep_modulates_in_every_mode(inputs, randomise, mode):
    features, timestep, context, _ = inputs
    film = randomise(FiLM(4, 3, 5, mode))
    other = film(features, timestep.flip(0), film.project_context(context))
    assert (film(features, timestep, film.project_context(context)) - other).abs().max() > 1e-2


def test_per_frame_depends_on_the_context_of_each_frame(inputs, randomise):
    features, timestep, context, shuffled = inputs
    film = randomise(FiLM(4, 3, 5, "per_frame"))
    difference = film(features, timestep, film.project_context(context)) - film(
        features, timestep, film.project_context(shuffled)
    )
    assert difference.abs().amax(dim=1).min() > 1e-3, "in every frame"


def test_per_frame_equals_its_formula(inputs, randomise):
    features, timestep, context, _ = inputs
    film = randomise(FiLM(4, 3, 5, "per_frame"))
    scale, shift, scale_gate, shift_gate = film.timestep(timestep)[:, :, None].chunk(4, dim=1)
    context_scale, context_shift = film.context(context).chunk(2, dim=1)
    expected = (
        features * (1 + scale + scale_gate * context_scale) + shift + shift_gate * context_shift
    )
    torch.testing.assert_close(film(features, timestep, film.project_context(context)), expected)


def test_per_frame_reaches_no_other_frame_or_item(inputs, randomise):
    features, timestep, context, _ = inputs
    film = randomise(FiLM(4, 3, 5))
    context.requires_grad_()
    output = film(features, timestep, film.project_context(context))
    gradient = torch.autograd.grad(output[1, :, 2].sum(), context)[0]
    assert gradient.abs().sum(dim=1).nonzero().tolist() == [[1, 2]]


def test_pooled_ignores_the_order_of_the_context(inputs, randomise):
    features, timestep, context, shuffled = inputs
    film = randomise(FiLM(4, 3, 5, "pooled"))
    modulated = film(features, timestep, film.project_context(context))
    torch.testing.assert_close(film(features, timestep, film.project_context(shuffled)), modulated)
    assert (
        film(features, timestep, film.project_context(context + 1)) - modulated
    ).abs().max() > 1e-2


def test_none_ignores_the_context(inputs, randomise):
    features, timestep, context, _ = inputs
    film = randomise(FiLM(4, 3, 5, "none"))
    modulated = film(features, timestep, film.project_context(context))
    assert torch.equal(
        film(features, timestep, film.project_context(torch.full_like(context, 1e6))), modulated
    )
    assert not any(name.startswith("context") for name, _ in film.named_parameters())


@pytest.mark.parametrize("mode", ["per_frame", "pooled"])
def test_context_and_gate_have_gradients_after_one_step(inputs, mode):
    features, timestep, context, _ = inputs
    film = FiLM(4, 3, 5, mode)

    def gradients() -> tuple[torch.Tensor, ...]:
        leaf = context.clone().requires_grad_()
        film.zero_grad()
        loss = (film(features, timestep, film.project_context(leaf)) - 1).square().sum()
        loss.backward()
        own, gate = film.timestep.weight.grad.chunk(2)
        return film.context.weight.grad, own, gate, leaf.grad

    weight, own, _, _ = gradients()
    assert weight.any() and own.any(), "the first step trains both inputs"
    with torch.no_grad():
        for parameter in film.parameters():
            parameter -= 0.1 * parameter.grad
    assert all(gradient.any() for gradient in gradients())


def test_an_unknown_mode_is_refused(without_type_checks):
    with pytest.raises(SamuelError, match="film=sometimes: choose per_frame, pooled or none"):
        FiLM(4, 3, 5, mode="sometimes")
