import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.models.film import FiLM
from samuel_gen.models.unet import SoftAlignmentUNet

SITES = ("align_input", "align_bottleneck")


@pytest.fixture(scope="module")
def base() -> SoftAlignmentUNet:
    """The default network, as it is born."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return SoftAlignmentUNet()


@pytest.fixture
def heard(noise, make_vocal):
    """Two items at different timesteps, 24 frames."""
    return noise(2, 4, 24), torch.tensor([100, 650]), make_vocal(2, 24)


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_base_has_the_paper_s_size(base):
    assert 14.5e6 <= parameters(base) <= 16e6


def test_base_follows_the_paper_s_shape_table(base, noise, make_vocal):
    shapes: list[tuple[int, ...]] = []

    def note(module, inputs, outputs) -> None:
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
    assert not velocity.any(), "born silent: the output layer starts at zero"


def test_the_direct_path_scales_each_channel_of_the_input_as_the_timestep_asks(base, noise):
    from samuel_gen.diffusion.denoiser import Vocal

    network = copy.deepcopy(base)
    torch.nn.init.normal_(network.direct.weight, std=0.5)
    noisy = noise(2, 64, 16).repeat(1, 1, 2)
    vocal = Vocal.of(noise(2, 64, 32), noise(2, 14, 32))
    with torch.inference_mode():
        answer = network(noisy, torch.tensor([30, 700]), vocal)
    gains = answer / noisy  # (batch, channels, frames): one number per item and channel
    assert torch.allclose(gains, gains[:, :, :1].expand_as(gains), rtol=1e-3, atol=1e-4)
    assert not torch.allclose(gains[0, :, 0], gains[1, :, 0], atol=1e-2)


@pytest.mark.parametrize("local_share", ["linear", "learned"])
@pytest.mark.parametrize("film", ["per_frame", "pooled", "none"])
def test_three_steps_from_birth_every_parameter_learns(newborn, heard, local_share, film):
    """What is born as zeros wakes from the output backwards; nothing stays asleep."""
    unet = newborn(local_share=local_share, film=film)
    noisy, timestep, vocal = heard
    # One item of either kind: projections are heard where a view is given, nulls where not.
    some = torch.tensor([True, False])
    vocal = replace(vocal, latents_given=some, melody_given=some)
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
    "frames, worked", [(8, 8), (16, 16), (24, 24), (1000, 1000), (1, 8), (25, 32), (1023, 1024)]
)
def test_any_multiple_of_eight_frames_and_no_more_padding_than_that(
    tiny, noise, make_vocal, frames, worked
):
    unet, seen = tiny(), []
    unet.align_input.register_forward_hook(lambda _, inputs, output: seen.append(output.shape[2]))
    velocity = unet(noise(1, 4, frames), torch.tensor([400]), make_vocal(1, frames))
    assert velocity.shape == (1, 4, frames) and velocity.isfinite().all()
    assert seen == [worked]


@torch.inference_mode()
@pytest.mark.parametrize("frames", [1, 2, 7, 9, 100, 1023])
def test_other_lengths_by_padding(tiny, noise, make_vocal, frames):
    unet, noisy, vocal = tiny(), noise(1, 4, frames), make_vocal(1, frames)
    timestep = torch.tensor([400])
    missing = -frames % 8
    padded = Vocal.of(F.pad(vocal.latents, (0, missing)), F.pad(vocal.melody, (0, missing)))
    whole = unet(F.pad(noisy, (0, missing)), timestep, padded)
    velocity = unet(noisy, timestep, vocal)
    assert velocity.shape == (1, 4, frames)
    torch.testing.assert_close(velocity, whole[:, :, :frames])


@torch.inference_mode()
@pytest.mark.parametrize("frames", [23, 24])
def test_items_do_not_influence_each_other(tiny, noise, make_vocal, frames):
    unet, noisy, vocal = tiny(), noise(3, 4, frames), make_vocal(3, frames)
    flags = torch.tensor([True, False, True])
    vocal = replace(vocal, latents_given=flags, melody_given=flags.flip(0))
    timestep = torch.tensor([3, 400, 799])
    together = unet(noisy, timestep, vocal)
    for item in range(3):
        one = slice(item, item + 1)
        alone = unet(noisy[one], timestep[one], vocal.select(one))
        torch.testing.assert_close(together[one], alone, rtol=0, atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("part", ["noisy", "timestep", "latents", "melody"])
def test_everything_that_is_given_is_heard(tiny, heard, part):
    unet = tiny(local_share="constant")
    noisy, timestep, vocal = heard
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
    moved = (unet(noisy, timestep, vocal) - before).abs().amax(dim=(1, 2))
    assert moved.min() > 1e-3, "in every item"


@torch.inference_mode()
@pytest.mark.parametrize("conditioning", ["latents_melody", "latents", "melody"])
@pytest.mark.parametrize("frames", [21, 24])
def test_a_withheld_vocal_says_nothing(tiny, noise, make_vocal, conditioning, frames):
    unet, noisy, timestep = tiny(conditioning=conditioning), noise(1, 4, frames), torch.tensor([9])
    one, other = make_vocal(1, frames), make_vocal(1, frames)
    without = unet(noisy, timestep, one.withheld())
    assert torch.equal(without, unet(noisy, timestep, other.withheld()))
    assert (without - unet(noisy, timestep, one)).abs().max() > 1e-3


@pytest.mark.parametrize("window_size", [4, 8])
def test_the_window_reaches_both_sites(tiny, noise, window_size):
    unet = tiny(window_size=window_size, local_share="constant", constant_share=1.0)
    for site in SITES:
        attention = unet.get_submodule(site)
        channels, context_channels = attention.out.out_channels, 6
        features = noise(1, channels, 32).requires_grad_()
        heard = attention.listen(noise(1, context_channels, 32))
        output = attention(features, torch.tensor([400]), heard)
        gradient = torch.autograd.grad(output[:, :, 16].sum(), features)[0]
        reached = gradient.abs().sum(dim=(0, 1)).nonzero().flatten().tolist()
        half = window_size // 2
        assert reached == list(range(16 - half, 16 + half + 1)), site


@torch.inference_mode()
@pytest.mark.parametrize("num_timesteps", [50, 800])
def test_the_number_of_timesteps_reaches_both_sites(tiny, noise, num_timesteps):
    unet = tiny(num_timesteps=num_timesteps)
    for site in SITES:
        attention = unet.get_submodule(site)
        features, context = noise(2, attention.out.out_channels, 32), noise(2, 6, 32)
        heard = attention.listen(context)
        mixed = attention.mixed(features, heard, torch.tensor([num_timesteps - 1, 0]))
        for item, half in enumerate((attention.local_attention, attention.global_attention)):
            alone = half(features, heard[item]).mT.flatten(1, 2)
            assert torch.equal(mixed[item], alone[item]), site


@torch.inference_mode()
def test_the_number_of_timesteps_reaches_the_embedding(tiny, heard):
    coarse, fine = (
        tiny(num_timesteps=count, local_share="constant", constant_share=0.5)
        for count in (400, 800)
    )
    noisy, _, vocal = heard
    torch.testing.assert_close(
        coarse(noisy, torch.tensor([10, 300]), vocal), fine(noisy, torch.tensor([20, 600]), vocal)
    )


@torch.inference_mode()
@pytest.mark.parametrize(
    "choice", [{"local_share": "sqrt"}, {"local_at": "clean"}, {"film": "pooled"}, {"film": "none"}]
)
def test_choices_reach_the_network(tiny, heard, choice):
    plain, other = tiny(), tiny(**choice)
    shared = {k: v for k, v in plain.state_dict().items() if k in other.state_dict()}
    shared = {k: v for k, v in shared.items() if v.shape == other.state_dict()[k].shape}
    other.load_state_dict(shared, strict=False)
    assert (plain(*heard) - other(*heard)).abs().max() > 1e-3


@pytest.mark.parametrize("film", ["per_frame", "pooled", "none"])
def test_the_choice_of_film_reaches_every_block(tiny, film):
    modes = [module.mode for module in tiny(film=film).modules() if isinstance(module, FiLM)]
    assert modes == [film] * (3 + 2 + 3)


@torch.inference_mode()
@pytest.mark.parametrize("view", ["latents", "melody"])
@pytest.mark.parametrize("conditioning", ["latents", "melody"])
def test_the_choice_of_conditioning_reaches_the_encoder(tiny, heard, conditioning, view):
    unet = tiny(conditioning=conditioning)
    noisy, timestep, vocal = heard
    other = replace(vocal, **{view: getattr(vocal, view).flip(-1)})
    moved = (unet(noisy, timestep, vocal) - unet(noisy, timestep, other)).abs().max()
    assert moved > 1e-3 if view == conditioning else moved == 0


@pytest.mark.parametrize("choice", [{"local_share": "constant", "constant_share": 1.0}, {}])
def test_choices_of_alignment_reach_both_sites(tiny, choice):
    unet = tiny(**choice)
    for site in SITES:
        assert (unet.get_submodule(site).global_attention is None) == bool(choice), site


@pytest.mark.parametrize("widths", [(8,), (8, 12), (8, 8, 8, 8, 8)])
@torch.inference_mode()
def test_any_number_of_resolutions(tiny, noise, make_vocal, widths):
    velocity = tiny(widths=widths)(noise(1, 4, 19), torch.tensor([7]), make_vocal(1, 19))
    assert velocity.shape == (1, 4, 19) and velocity.isfinite().all()


@torch.inference_mode()
@pytest.mark.parametrize("film", ["per_frame", "pooled", "none"])
@pytest.mark.parametrize("frames", [24, 21])
def test_listening_once_is_enough_for_all_timesteps(tiny, noise, make_vocal, film, frames):
    unet, vocal = tiny(film=film), make_vocal(2, frames)
    heard = unet.listen(vocal)
    unet.vocal = None  # nothing is listened to again
    for timestep in (torch.tensor([3, 700]), torch.tensor([799, 0])):
        noisy = noise(2, 4, frames)
        expected = tiny(film=film)(noisy, timestep, vocal)
        assert torch.equal(unet.denoise(noisy, timestep, heard), expected)


@torch.inference_mode()
def test_a_deep_copy_is_the_same_network_and_another_one(tiny, heard):
    unet = tiny()
    before = unet(*heard)
    twin = copy.deepcopy(unet)
    assert torch.equal(twin(*heard), before)
    for parameter in twin.parameters():
        parameter.zero_()
    assert torch.equal(unet(*heard), before)


@torch.inference_mode()
@pytest.mark.parametrize("local_share", ["linear", "learned"])
def test_a_state_dict_is_the_whole_network(tiny, heard, noise, make_vocal, local_share):
    unet = tiny(local_share=local_share)
    # A long song first: tables that grow with the frames are no part of the weights.
    unet(noise(1, 4, 1100), torch.tensor([5]), make_vocal(1, 1100))
    other = tiny(local_share=local_share)
    for parameter in other.parameters():
        parameter.zero_()
    other.load_state_dict(unet.state_dict())
    assert torch.equal(other(*heard), unet(*heard))
    assert unet.state_dict().keys() == {name for name, _ in unet.named_parameters()}


def test_sampling_and_training_may_take_turns(tiny, heard, noise, make_vocal):
    unet = tiny()
    with torch.inference_mode():
        unet(noise(1, 4, 1200), torch.tensor([5]), make_vocal(1, 1200))
    unet(*heard).square().sum().backward()
    assert all(parameter.grad is not None for parameter in unet.encode.parameters())


def test_bf16_autocast_works(tiny, heard):
    unet = tiny()
    exact = unet(*heard)
    with torch.autocast("cpu", torch.bfloat16):
        rough = unet(*heard)
        loss = rough.float().square().mean()
    torch.testing.assert_close(rough.float(), exact, rtol=0, atol=0.1 * exact.abs().max().item())
    loss.backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in unet.parameters())
