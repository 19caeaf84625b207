import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from samuel_gen.diffusion.denoiser import VIEWS, Vocal
from samuel_gen.models.film import FiLM
from samuel_gen.models.unet import SoftAlignmentUNet

SITES = ("align_input", "align_bottleneck")


@pytest.fixture(scope="module")
def base() -> SoftAlignmentUNet:
    """The default network, as training initialises it."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return SoftAlignmentUNet()


@pytest.fixture
def inputs(noise, make_vocal):
    """Two items at different timesteps, 24 frames."""
    return noise(2, 4, 24), torch.tensor([100, 650]), make_vocal(2, 24)


def count_parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_default_size_is_the_papers(base):
    assert 14.5e6 <= count_parameters(base) <= 16e6


def test_default_shapes_are_the_papers(base, noise, make_vocal):
    shapes: list[tuple[int, ...]] = []

    def note(module, arguments, outputs) -> None:
        features = outputs[0] if isinstance(outputs, tuple) else outputs
        shapes.append(tuple(features.shape[1:]))

    hooks = [
        module.register_forward_hook(note)
        for module in (*base.downs, base.align_bottleneck, *base.ups[:-1])
    ]
    vocal = make_vocal(1, 1024, latent_channels=64, melody_features=14)
    with torch.inference_mode():
        velocity = base(noise(1, 64, 1024), torch.tensor([400]), vocal)
    for hook in hooks:
        hook.remove()

    table = [(128, 512), (256, 256), (512, 128)]
    assert shapes == [*table, (512, 128), (256, 256), (128, 512)]
    assert velocity.shape == (1, 64, 1024)
    assert not velocity.any(), "the output layer starts at zero"


def test_direct_path_scales_channels_by_the_timestep(base, noise):
    network = copy.deepcopy(base)
    torch.nn.init.normal_(network.direct.weight, std=0.5)
    noisy = noise(2, 64, 16).repeat(1, 1, 2)
    vocal = Vocal.of(noise(2, 64, 32), noise(2, 14, 32))
    with torch.inference_mode():
        output = network(noisy, torch.tensor([30, 700]), vocal)
    gains = output / noisy  # (batch, channels, frames): one number per item and channel
    assert torch.allclose(gains, gains[:, :, :1].expand_as(gains), rtol=1e-3, atol=1e-4)
    assert not torch.allclose(gains[0, :, 0], gains[1, :, 0], atol=1e-2)


@pytest.mark.parametrize("local_share", ["linear", "learned"])
@pytest.mark.parametrize("film", ["per_frame", "pooled", "none"])
def test_every_parameter_has_a_gradient_after_three_steps(make_network, inputs, local_share, film):
    """Layers that start at zero get gradients one after the other, from the output backwards."""
    unet = make_network(local_share=local_share, film=film)
    noisy, timestep, vocal = inputs
    # One item with all views and one without: the one trains projections, the other nulls.
    some = torch.tensor([True, False])
    vocal = replace(vocal, **{f"{view}_given": some for view in VIEWS})
    for _ in range(4):
        unet.zero_grad()
        (unet(noisy, timestep, vocal) - noisy.flip(-1)).square().sum().backward()
        with torch.no_grad():
            for parameter in unet.parameters():
                parameter -= 1e-3 * parameter.grad
    for name, parameter in unet.named_parameters():
        assert parameter.grad.any() and parameter.grad.isfinite().all(), name


@torch.inference_mode()
@pytest.mark.parametrize(
    "frames, padded_frames",
    [(8, 8), (16, 16), (24, 24), (1000, 1000), (1, 8), (25, 32), (1023, 1024)],
)
def test_frames_are_padded_to_a_multiple_of_eight(
    make_random_network, noise, make_vocal, frames, padded_frames
):
    unet, frames_inside = make_random_network(), []
    unet.align_input.register_forward_hook(
        lambda _, arguments, output: frames_inside.append(output.shape[2])
    )
    velocity = unet(noise(1, 4, frames), torch.tensor([400]), make_vocal(1, frames))
    assert velocity.shape == (1, 4, frames) and velocity.isfinite().all()
    assert frames_inside == [padded_frames]


@torch.inference_mode()
@pytest.mark.parametrize("frames", [1, 2, 7, 9, 100, 1023])
def test_padding_does_not_change_the_output(make_random_network, noise, make_vocal, frames):
    unet, noisy, vocal = make_random_network(), noise(1, 4, frames), make_vocal(1, frames)
    timestep = torch.tensor([400])
    padding = -frames % 8
    padded_velocity = unet(F.pad(noisy, (0, padding)), timestep, vocal.pad_frames(padding))
    velocity = unet(noisy, timestep, vocal)
    assert velocity.shape == (1, 4, frames)
    torch.testing.assert_close(velocity, padded_velocity[:, :, :frames])


@torch.inference_mode()
@pytest.mark.parametrize("frames", [23, 24])
def test_items_do_not_influence_each_other(make_random_network, noise, make_vocal, frames):
    unet, noisy, vocal = make_random_network(), noise(3, 4, frames), make_vocal(3, frames)
    flags = torch.tensor([True, False, True])
    vocal = replace(vocal, latents_given=flags, melody_given=flags.flip(0), beats_given=flags)
    timestep = torch.tensor([3, 400, 799])
    together = unet(noisy, timestep, vocal)
    for item in range(3):
        one = slice(item, item + 1)
        alone = unet(noisy[one], timestep[one], vocal.select(one))
        torch.testing.assert_close(together[one], alone, rtol=0, atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("part", ["noisy", "timestep", "latents", "melody"])
def test_every_input_changes_the_output(make_random_network, inputs, part):
    unet = make_random_network(local_share="constant")
    noisy, timestep, vocal = inputs
    before = unet(noisy, timestep, vocal)
    match part:
        case "noisy":
            noisy = noisy.flip(-1)
        case "timestep":
            timestep = timestep + 50
        case "latents":
            vocal = replace(vocal, latents=vocal.latents.flip(-1))
        case "melody":
            vocal = replace(vocal, melody=vocal.melody.flip(-1))
    change = (unet(noisy, timestep, vocal) - before).abs().amax(dim=(1, 2))
    assert change.min() > 1e-3, "in every item"


@torch.inference_mode()
@pytest.mark.parametrize("conditioning", ["latents_melody_chords_beats_style", "latents", "melody"])
@pytest.mark.parametrize("frames", [21, 24])
def test_a_withheld_vocal_has_no_influence(
    make_random_network, noise, make_vocal, conditioning, frames
):
    unet, noisy, timestep = (
        make_random_network(conditioning=conditioning),
        noise(1, 4, frames),
        torch.tensor([9]),
    )
    one, other = make_vocal(1, frames), make_vocal(1, frames)
    without = unet(noisy, timestep, one.withhold_views())
    assert torch.equal(without, unet(noisy, timestep, other.withhold_views()))
    assert (without - unet(noisy, timestep, one)).abs().max() > 1e-3


@pytest.mark.parametrize("window_size", [4, 8])
def test_window_size_reaches_both_attentions(make_random_network, noise, window_size):
    unet = make_random_network(window_size=window_size, local_share="constant", constant_share=1.0)
    for site in SITES:
        attention = unet.get_submodule(site)
        channels, context_channels = attention.out.out_channels, 6
        features = noise(1, channels, 32).requires_grad_()
        cache = attention.project_context(noise(1, context_channels, 32))
        output = attention(features, torch.tensor([400]), cache)
        gradient = torch.autograd.grad(output[:, :, 16].sum(), features)[0]
        reached = gradient.abs().sum(dim=(0, 1)).nonzero().flatten().tolist()
        half = window_size // 2
        assert reached == list(range(16 - half, 16 + half + 1)), site


@torch.inference_mode()
@pytest.mark.parametrize("num_timesteps", [50, 800])
def test_num_timesteps_reaches_both_attentions(make_random_network, noise, num_timesteps):
    unet = make_random_network(num_timesteps=num_timesteps)
    for site in SITES:
        attention = unet.get_submodule(site)
        features, context = noise(2, attention.out.out_channels, 32), noise(2, 6, 32)
        cache = attention.project_context(context)
        mean = attention.attend(features, cache, torch.tensor([num_timesteps - 1, 0]))
        for item, half in enumerate((attention.local_attention, attention.global_attention)):
            alone = half(features, cache[item]).mT.flatten(1, 2)
            assert torch.equal(mean[item], alone[item]), site


@torch.inference_mode()
def test_num_timesteps_reaches_the_embedding(make_random_network, inputs):
    coarse, fine = (
        make_random_network(num_timesteps=count, local_share="constant", constant_share=0.5)
        for count in (400, 800)
    )
    noisy, _, vocal = inputs
    torch.testing.assert_close(
        coarse(noisy, torch.tensor([10, 300]), vocal), fine(noisy, torch.tensor([20, 600]), vocal)
    )


@torch.inference_mode()
@pytest.mark.parametrize(
    "choice", [{"local_share": "sqrt"}, {"local_at": "clean"}, {"film": "pooled"}, {"film": "none"}]
)
def test_every_choice_changes_the_output(make_random_network, inputs, choice):
    plain, other = make_random_network(), make_random_network(**choice)
    shared = {k: v for k, v in plain.state_dict().items() if k in other.state_dict()}
    shared = {k: v for k, v in shared.items() if v.shape == other.state_dict()[k].shape}
    other.load_state_dict(shared, strict=False)
    assert (plain(*inputs) - other(*inputs)).abs().max() > 1e-3


@pytest.mark.parametrize("film", ["per_frame", "pooled", "none"])
def test_film_reaches_every_block(make_random_network, film):
    modes = [
        module.mode
        for module in make_random_network(film=film).modules()
        if isinstance(module, FiLM)
    ]
    assert modes == [film] * (3 + 2 + 3)


@torch.inference_mode()
@pytest.mark.parametrize("view", ["latents", "melody"])
@pytest.mark.parametrize("conditioning", ["latents", "melody"])
def test_conditioning_reaches_the_encoder(make_random_network, inputs, conditioning, view):
    unet = make_random_network(conditioning=conditioning)
    noisy, timestep, vocal = inputs
    other = replace(vocal, **{view: getattr(vocal, view).flip(-1)})
    change = (unet(noisy, timestep, vocal) - unet(noisy, timestep, other)).abs().max()
    assert change > 1e-3 if view == conditioning else change == 0


@pytest.mark.parametrize("choice", [{"local_share": "constant", "constant_share": 1.0}, {}])
def test_local_share_reaches_both_attentions(make_random_network, choice):
    unet = make_random_network(**choice)
    for site in SITES:
        assert (unet.get_submodule(site).global_attention is None) == bool(choice), site


@pytest.mark.parametrize("widths", [(8,), (8, 12), (8, 8, 8, 8, 8)])
@torch.inference_mode()
def test_any_number_of_resolutions_works(make_random_network, noise, make_vocal, widths):
    velocity = make_random_network(widths=widths)(
        noise(1, 4, 19), torch.tensor([7]), make_vocal(1, 19)
    )
    assert velocity.shape == (1, 4, 19) and velocity.isfinite().all()


@torch.inference_mode()
@pytest.mark.parametrize("film", ["per_frame", "pooled", "none"])
@pytest.mark.parametrize("frames", [24, 21])
def test_one_context_serves_all_timesteps(make_random_network, noise, make_vocal, film, frames):
    unet, vocal = make_random_network(film=film), make_vocal(2, frames)
    cache = unet.encode_context(vocal)
    unet.vocal = None  # it is not used again
    for timestep in (torch.tensor([3, 700]), torch.tensor([799, 0])):
        noisy = noise(2, 4, frames)
        expected = make_random_network(film=film)(noisy, timestep, vocal)
        assert torch.equal(unet.denoise(noisy, timestep, cache), expected)


@torch.inference_mode()
def test_a_deep_copy_is_equal_and_independent(make_random_network, inputs):
    unet = make_random_network()
    before = unet(*inputs)
    duplicate = copy.deepcopy(unet)
    assert torch.equal(duplicate(*inputs), before)
    for parameter in duplicate.parameters():
        parameter.zero_()
    assert torch.equal(unet(*inputs), before)


@torch.inference_mode()
@pytest.mark.parametrize("local_share", ["linear", "learned"])
def test_the_state_dict_holds_the_whole_network(
    make_random_network, inputs, noise, make_vocal, local_share
):
    unet = make_random_network(local_share=local_share)
    # A long input first: the rotary tables it makes are not part of the weights.
    unet(noise(1, 4, 1100), torch.tensor([5]), make_vocal(1, 1100))
    other = make_random_network(local_share=local_share)
    for parameter in other.parameters():
        parameter.zero_()
    other.load_state_dict(unet.state_dict())
    assert torch.equal(other(*inputs), unet(*inputs))
    assert unet.state_dict().keys() == {name for name, _ in unet.named_parameters()}


def test_training_works_after_inference_mode(make_random_network, inputs, noise, make_vocal):
    unet = make_random_network()
    with torch.inference_mode():
        unet(noise(1, 4, 1200), torch.tensor([5]), make_vocal(1, 1200))
    unet(*inputs).square().sum().backward()
    assert all(parameter.grad is not None for parameter in unet.encode.parameters())


def test_bfloat16_autocast_agrees_with_float32(make_random_network, inputs):
    unet = make_random_network()
    float32 = unet(*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        bfloat16 = unet(*inputs)
        loss = bfloat16.float().square().mean()
    torch.testing.assert_close(
        bfloat16.float(), float32, rtol=0, atol=0.1 * float32.abs().max().item()
    )
    loss.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in unet.parameters())
