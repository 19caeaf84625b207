from dataclasses import replace

import pytest
import torch

from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.errors import SamuelError
from samuel_gen.models.vocal_encoder import VocalEncoder

VIEWS = ("latents", "melody")
CONDITIONINGS = ("latents_melody", "latents", "melody")


@pytest.fixture
def encoder(awake):
    def build(conditioning: str = "latents_melody", levels: int = 3) -> VocalEncoder:
        return awake(VocalEncoder(4, 3, 6, levels, 1, conditioning))

    return build


def apart(some: list[torch.Tensor], others: list[torch.Tensor]) -> float:
    """The least difference over the resolutions."""
    return min((a - b).abs().max().item() for a, b in zip(some, others, strict=True))


def same(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_contexts_run_from_the_finest_resolution_to_the_coarsest(encoder, make_vocal, levels):
    contexts = encoder(levels=levels)(make_vocal(2, 24))
    assert [context.shape for context in contexts] == [(2, 6, 24 // 2**i) for i in range(levels)]


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
@pytest.mark.parametrize("view", VIEWS)
def test_each_conditioning_hears_what_it_names_and_nothing_else(
    encoder, make_vocal, conditioning, view
):
    encode, vocal = encoder(conditioning), make_vocal()
    other = replace(vocal, **{view: getattr(vocal, view).flip(-1)})
    if view in conditioning:
        assert apart(encode(vocal), encode(other)) > 1e-3
    else:
        assert same(encode(vocal), encode(other))
        assert getattr(encode, view) is None


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_a_withheld_vocal_says_nothing(encoder, make_vocal, conditioning):
    encode = encoder(conditioning)
    one, other = make_vocal(), make_vocal()
    assert apart(encode(one), encode(other)) > 1e-3
    assert same(encode(one.withheld()), encode(other.withheld()))
    assert apart(encode(one.withheld()), encode(one)) > 1e-3


@pytest.mark.parametrize("dropped, kept", [VIEWS, VIEWS[::-1]])
def test_latents_and_melody_are_dropped_each_on_its_own(encoder, make_vocal, dropped, kept):
    encode, vocal = encoder(), make_vocal()
    nothing = torch.zeros(2, dtype=torch.bool)
    partly = replace(vocal, **{f"{dropped}_given": nothing})

    def with_other(view: str) -> Vocal:
        return replace(partly, **{view: getattr(vocal, view).flip(-1)})

    assert same(encode(partly), encode(with_other(dropped)))
    assert apart(encode(partly), encode(with_other(kept))) > 1e-3
    assert apart(encode(partly), encode(vocal)) > 1e-3
    assert apart(encode(partly), encode(vocal.withheld())) > 1e-3


def test_dropping_is_per_item(encoder, make_vocal):
    encode, vocal = encoder(), make_vocal(batch=3)
    flags = torch.tensor([True, False, True])
    mixed = encode(replace(vocal, latents_given=flags, melody_given=flags))
    given, withheld = encode(vocal), encode(vocal.withheld())
    for ours, with_voice, without in zip(mixed, given, withheld, strict=True):
        torch.testing.assert_close(ours[flags], with_voice[flags])
        torch.testing.assert_close(ours[~flags], without[~flags])


def test_silence_is_not_the_same_as_no_voice(encoder):
    encode = encoder()
    silence = Vocal.of(torch.zeros(1, 4, 16), torch.zeros(1, 3, 16))
    assert apart(encode(silence), encode(silence.withheld())) > 1e-3


@pytest.mark.parametrize("view", VIEWS)
def test_null_embeddings_learn_where_nothing_is_given(encoder, make_vocal, view):
    encode, vocal = encoder(), make_vocal()
    source = getattr(encode, view)

    encode(vocal)[-1].square().sum().backward()
    assert not source.null.grad.any() and source.conv.weight.grad.any()

    encode.zero_grad()
    encode(vocal.withheld())[-1].square().sum().backward()
    assert source.null.grad.any() and not source.conv.weight.grad.any()


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_blocks_add_to_the_sum_of_the_views_and_to_its_halvings(awake, make_vocal, depth):
    encode, vocal = awake(VocalEncoder(4, 3, 6, 2, depth, "latents_melody")), make_vocal()
    changed = encode(vocal)
    assert [len(level) for level in encode.levels] == [depth] * 2
    for level in encode.levels:
        for block in level:
            torch.nn.init.zeros_(block.conv_out.weight)
            torch.nn.init.zeros_(block.conv_out.bias)
    plain = encode(vocal)
    expected = encode.latents.conv(vocal.latents) + encode.melody.conv(vocal.melody)
    torch.testing.assert_close(plain[0], expected)
    torch.testing.assert_close(plain[1], encode.downs[0](expected))
    assert (apart(changed, plain) > 1e-3) == (depth > 0)


def test_every_resolution_hears_its_own_neighbourhood(encoder, make_vocal):
    """A context is local: the voice is told where it stands, at each resolution."""
    encode, vocal = encoder(), make_vocal(batch=1, frames=64)
    latents = vocal.latents.requires_grad_()
    for level, context in enumerate(encode(vocal)):
        middle = context.shape[-1] // 2
        gradient = torch.autograd.grad(context[:, :, middle].sum(), latents, retain_graph=True)[0]
        reached = gradient.abs().sum(dim=(0, 1)).nonzero().flatten()
        centre = middle * 2**level
        assert centre in reached
        assert reached.min() >= centre - 5 * 2**level and reached.max() <= centre + 6 * 2**level


def test_a_conditioning_that_does_not_exist_is_named(unchecked):
    told = "conditioning=lyrics; expected one of latents_melody, latents, melody"
    with pytest.raises(SamuelError, match=told):
        VocalEncoder(4, 3, 6, 3, 1, conditioning="lyrics")
