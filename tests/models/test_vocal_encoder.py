from dataclasses import replace

import pytest
import torch

from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.errors import SamuelError
from samuel_gen.models.vocal_encoder import VocalEncoder, parse_views

VIEWS = ("latents", "melody", "chords", "beats")
CONDITIONINGS = (VIEWS, ("latents",), ("melody",), ("latents", "beats"))


@pytest.fixture
def encoder(randomise):
    def build(views: tuple[str, ...] = VIEWS, levels: int = 3) -> VocalEncoder:
        return randomise(VocalEncoder(4, 3, 6, levels, 1, views))

    return build


def least_difference(first: list[torch.Tensor], second: list[torch.Tensor]) -> float:
    """Return the least difference over the resolutions."""
    return min((a - b).abs().max().item() for a, b in zip(first, second, strict=True))


def are_equal(first: list[torch.Tensor], second: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_contexts_run_from_the_finest_resolution_to_the_coarsest(encoder, make_vocal, levels):
    contexts = encoder(levels=levels)(make_vocal(2, 24))
    assert [context.shape for context in contexts] == [(2, 6, 24 // 2**i) for i in range(levels)]


@pytest.mark.parametrize("views", CONDITIONINGS)
@pytest.mark.parametrize("view", VIEWS)
def test_the_encoder_uses_its_views_only(encoder, make_vocal, views, view):
    encode, vocal = encoder(views), make_vocal()
    other = replace(vocal, **{view: getattr(vocal, view).flip(-1)})
    if view in views:
        assert least_difference(encode(vocal), encode(other)) > 1e-3
    else:
        assert are_equal(encode(vocal), encode(other))
        assert getattr(encode, view) is None


@pytest.mark.parametrize("views", CONDITIONINGS)
def test_a_withheld_vocal_has_no_influence(encoder, make_vocal, views):
    encode = encoder(views)
    one, other = make_vocal(), make_vocal()
    assert least_difference(encode(one), encode(other)) > 1e-3
    assert are_equal(encode(one.withhold_views()), encode(other.withhold_views()))
    assert least_difference(encode(one.withhold_views()), encode(one)) > 1e-3


@pytest.mark.parametrize("withheld, kept", zip(VIEWS, (*VIEWS[1:], VIEWS[0]), strict=True))
def test_each_view_is_withheld_on_its_own(encoder, make_vocal, withheld, kept):
    encode, vocal = encoder(), make_vocal()
    nothing = torch.zeros(2, dtype=torch.bool)
    partly = replace(vocal, **{f"{withheld}_given": nothing})

    def with_other(view: str) -> Vocal:
        return replace(partly, **{view: getattr(vocal, view).flip(-1)})

    assert are_equal(encode(partly), encode(with_other(withheld)))
    assert least_difference(encode(partly), encode(with_other(kept))) > 1e-3
    assert least_difference(encode(partly), encode(vocal)) > 1e-3
    assert least_difference(encode(partly), encode(vocal.withhold_views())) > 1e-3


def test_views_are_withheld_per_item(encoder, make_vocal):
    encode, vocal = encoder(), make_vocal(batch=3)
    flags = torch.tensor([True, False, True])
    mixed = encode(replace(vocal, **{f"{view}_given": flags for view in VIEWS}))
    given, withheld = encode(vocal), encode(vocal.withhold_views())
    for ours, with_views, without_views in zip(mixed, given, withheld, strict=True):
        torch.testing.assert_close(ours[flags], with_views[flags])
        torch.testing.assert_close(ours[~flags], without_views[~flags])


def test_silence_differs_from_a_withheld_vocal(encoder):
    encode = encoder()
    silence = Vocal.of(torch.zeros(1, 4, 16), torch.zeros(1, 3, 16))
    assert least_difference(encode(silence), encode(silence.withhold_views())) > 1e-3


@pytest.mark.parametrize("view", VIEWS)
def test_null_embeddings_have_gradients_only_where_withheld(encoder, make_vocal, view):
    encode, vocal = encoder(), make_vocal()
    projection = getattr(encode, view)

    encode(vocal)[-1].square().sum().backward()
    assert not projection.null.grad.any() and projection.conv.weight.grad.any()

    encode.zero_grad()
    encode(vocal.withhold_views())[-1].square().sum().backward()
    assert projection.null.grad.any() and not projection.conv.weight.grad.any()


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_blocks_add_to_the_views_at_each_resolution(randomise, make_vocal, depth):
    encode, vocal = randomise(VocalEncoder(4, 3, 6, 2, depth, VIEWS)), make_vocal()
    changed = encode(vocal)
    assert [len(level) for level in encode.levels] == [depth] * 2
    for level in encode.levels:
        for block in level:
            torch.nn.init.zeros_(block.conv_out.weight)
            torch.nn.init.zeros_(block.conv_out.bias)
    plain = encode(vocal)
    expected = sum(getattr(encode, view).conv(getattr(vocal, view)) for view in VIEWS)
    torch.testing.assert_close(plain[0], expected)
    torch.testing.assert_close(plain[1], encode.downs[0](expected))
    assert (least_difference(changed, plain) > 1e-3) == (depth > 0)


def test_each_context_depends_on_its_neighbourhood_only(encoder, make_vocal):
    encode, vocal = encoder(), make_vocal(batch=1, frames=64)
    latents = vocal.latents.requires_grad_()
    for level, context in enumerate(encode(vocal)):
        middle = context.shape[-1] // 2
        gradient = torch.autograd.grad(context[:, :, middle].sum(), latents, retain_graph=True)[0]
        reached = gradient.abs().sum(dim=(0, 1)).nonzero().flatten()
        centre = middle * 2**level
        assert centre in reached
        assert reached.min() >= centre - 5 * 2**level and reached.max() <= centre + 6 * 2**level


def test_a_network_that_gets_a_sheet_begins_near_the_one_without(make_vocal):
    with torch.random.fork_rng():
        encode, vocal = VocalEncoder(4, 3, 6, 2, 1, VIEWS), make_vocal()
    without = vocal.withhold_views(["chords", "beats"])
    first, second = encode(vocal)[0], encode(without)[0]
    assert 0 < (first - second).std() < 0.4 * second.std()


@pytest.mark.parametrize(
    "conditioning", ["latents", "melody_beats", "latents_melody_chords_beats_style"]
)
def test_conditioning_names_the_views(conditioning):
    assert "_".join(parse_views(conditioning)) == conditioning


@pytest.mark.parametrize("conditioning", ["lyrics", "latents_lyrics", "chords_beats", ""])
def test_an_unknown_conditioning_is_refused(conditioning):
    with pytest.raises(SamuelError, match=f"conditioning={conditioning}: join some of latents, me"):
        parse_views(conditioning)
