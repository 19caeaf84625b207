import math

import pytest
import torch

from samuel_gen.errors import SamuelError
from samuel_gen.models.soft_alignment import LocalShare, SoftAlignmentAttention

NOISY, CLEAN = 799, 0


def alignment(**changes) -> SoftAlignmentAttention:
    arguments = {"heads": 2, "head_width": 4, "window_size": 8, "num_timesteps": 800, **changes}
    return SoftAlignmentAttention(8, 4, **arguments)


def share(schedule, *, constant_share=0.5, local_at="noisy", heads=1, num_timesteps=801):
    return LocalShare(schedule, constant_share, local_at, heads, num_timesteps)


@pytest.fixture
def inputs(noise):
    return noise(2, 8, 40), noise(2, 4, 40)


def run_attention(attention, inputs, timestep) -> torch.Tensor:
    features, context = inputs
    return attention(features, timestep, attention.project_context(context))


def join_heads(attended: torch.Tensor) -> torch.Tensor:
    return attended.mT.flatten(1, 2)


TIMESTEPS = torch.tensor([0, 72, 200, 400, 800])


@pytest.mark.parametrize(
    "schedule, expected",
    [
        ("linear", [0.0, 0.09, 0.25, 0.5, 1.0]),
        ("sqrt", [0.0, 0.3, 0.5, math.sqrt(0.5), 1.0]),
        ("constant", [0.3] * 5),
        ("learned", [1 / (1 + math.exp(2.5 - 5 * s)) for s in (0.0, 0.09, 0.25, 0.5, 1.0)]),
    ],
)
def test_share_at_known_timesteps(schedule, expected):
    shares = share(schedule, constant_share=0.3)(TIMESTEPS)
    assert shares.shape == (5, 1, 1, 1)
    torch.testing.assert_close(shares.flatten(), torch.tensor(expected))


@pytest.mark.parametrize("schedule", ["linear", "sqrt", "learned"])
def test_local_at_clean_mirrors_the_share(schedule):
    torch.testing.assert_close(
        share(schedule, local_at="clean")(TIMESTEPS), share(schedule)(800 - TIMESTEPS)
    )


@pytest.mark.parametrize("num_timesteps", [10, 800, 1000])
@pytest.mark.parametrize("schedule", ["linear", "sqrt"])
def test_share_rises_from_0_to_1_for_any_chain_length(schedule, num_timesteps):
    shares = share(schedule, num_timesteps=num_timesteps)(torch.arange(num_timesteps)).flatten()
    assert shares[0] == 0 and shares[-1] == 1
    assert (shares.diff() > 0).all()


def test_learned_share_differs_per_head():
    learned = share("learned", heads=3)
    with torch.no_grad():
        learned.slope.copy_(torch.tensor([0.0, 1.0, 2.0]))
        learned.bias.copy_(torch.tensor([0.5, 0.0, -1.0]))
    shares = learned(torch.tensor([400, 800]))
    logits = torch.tensor([[0.5, 0.5, 0.0], [0.5, 1.0, 1.0]])
    torch.testing.assert_close(shares[:, :, 0, 0], logits.sigmoid())


@pytest.mark.parametrize(
    "local_at, local_timestep, global_timestep",
    [("noisy", NOISY, CLEAN), ("clean", CLEAN, NOISY)],
)
@pytest.mark.parametrize("schedule", ["linear", "sqrt"])
def test_one_end_is_local_only_and_the_other_global_only(
    inputs, randomise, schedule, local_at, local_timestep, global_timestep
):
    attention = randomise(alignment(local_share=schedule, local_at=local_at))
    features, cache = inputs[0], attention.project_context(inputs[1])
    near = join_heads(attention.local_attention(features, cache[0]))
    far = join_heads(attention.global_attention(features, cache[1]))
    assert (near - far).abs().max() > 0.1

    mean = attention.attend(features, cache, torch.tensor([local_timestep, global_timestep]))
    assert torch.equal(mean[0], near[0])
    assert torch.equal(mean[1], far[1])


@pytest.mark.parametrize("schedule", ["linear", "sqrt", "constant", "learned"])
def test_both_attentions_are_averaged_by_the_share(inputs, randomise, schedule):
    attention = randomise(alignment(local_share=schedule, constant_share=0.3))
    timestep = torch.tensor([100, 650])
    features, cache = inputs[0], attention.project_context(inputs[1])
    near = attention.local_attention(features, cache[0])
    far = attention.global_attention(features, cache[1])
    alpha = attention.share(timestep)
    expected = join_heads(alpha * near + (1 - alpha) * far)
    torch.testing.assert_close(attention.attend(features, cache, timestep), expected)


@pytest.mark.parametrize("window_size", [4, 8, 16])
def test_no_gradient_leaves_the_window_at_the_local_end(randomise, noise, window_size):
    attention = randomise(alignment(window_size=window_size))
    features, context = noise(2, 8, 40).requires_grad_(), noise(2, 4, 40).requires_grad_()
    output = attention(features, torch.tensor([NOISY, CLEAN]), attention.project_context(context))

    def reached(item: int, inputs: torch.Tensor) -> list[int]:
        gradient = torch.autograd.grad(output[item, :, 20].sum(), inputs, retain_graph=True)[0]
        assert not gradient[1 - item].any(), "no item depends on another"
        return gradient[item].abs().sum(dim=0).nonzero().flatten().tolist()

    half = window_size // 2
    for inputs in (features, context):
        assert reached(0, inputs) == list(range(20 - half, 20 + half + 1))
        assert reached(1, inputs) == list(range(40))


def test_attended_values_are_added_to_the_features(inputs, randomise):
    attention = randomise(alignment())
    timestep = torch.tensor([300, 500])
    mean = attention.attend(
        attention.norm(inputs[0]), attention.project_context(inputs[1]), timestep
    )
    torch.testing.assert_close(
        run_attention(attention, inputs, timestep), inputs[0] + attention.out(mean)
    )


@pytest.mark.parametrize("constant_share, left_out", [(1.0, "global"), (0.0, "local")])
def test_an_attention_without_weight_is_not_built(inputs, randomise, constant_share, left_out):
    attention = randomise(alignment(local_share="constant", constant_share=constant_share))
    assert getattr(attention, f"{left_out}_attention") is None
    assert not any(left_out in name for name, _ in attention.named_parameters())

    full = randomise(alignment(local_share="linear"))
    full.load_state_dict(attention.state_dict(), strict=False)
    timestep = torch.full((2,), NOISY if left_out == "global" else CLEAN)
    assert torch.equal(
        run_attention(attention, inputs, torch.tensor([10, 500])),
        run_attention(full, inputs, timestep),
    )


@pytest.mark.parametrize("schedule", ["linear", "sqrt", "learned"])
@pytest.mark.parametrize("constant_share", [0.0, 1.0])
def test_other_schedules_build_both_attentions(schedule, constant_share):
    attention = alignment(local_share=schedule, constant_share=constant_share)
    assert attention.local_attention is not None and attention.global_attention is not None


def test_learned_slope_and_bias_have_gradients(inputs, randomise):
    attention = randomise(alignment(local_share="learned"))
    run_attention(attention, inputs, torch.tensor([200, 600])).square().sum().backward()
    for parameter in (attention.share.slope, attention.share.bias):
        assert parameter.grad.shape == (2,) and parameter.grad.all()
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("timestep", [CLEAN, NOISY])
@pytest.mark.parametrize("schedule", ["linear", "sqrt", "learned"])
def test_gradients_are_finite_at_both_ends(inputs, randomise, schedule, timestep):
    attention = randomise(alignment(local_share=schedule))
    run_attention(attention, inputs, torch.full((2,), timestep)).square().sum().backward()
    assert all(p.grad.isfinite().all() for p in attention.parameters())


@pytest.mark.parametrize("schedule", ["linear", "learned"])
def test_bfloat16_autocast_agrees_with_float32(inputs, randomise, schedule):
    attention = randomise(alignment(local_share=schedule))
    timestep = torch.tensor([200, 600])
    float32 = run_attention(attention, inputs, timestep)
    with torch.autocast("cpu", torch.bfloat16):
        bfloat16 = run_attention(attention, inputs, timestep)
    torch.testing.assert_close(
        bfloat16.float(), float32, rtol=0, atol=0.05 * float32.abs().max().item()
    )
    bfloat16.float().square().sum().backward()
    assert all(p.grad.isfinite().all() for p in attention.parameters())


@pytest.mark.parametrize(
    "setting, message",
    [
        ({"local_share": "cubic"}, "local_share=cubic: choose one of linear, sqrt, constant"),
        ({"local_at": "middle"}, "local_at=middle: choose one of noisy, clean"),
        ({"constant_share": 1.5}, "constant_share=1.5: choose a share from 0 to 1"),
        ({"constant_share": -0.1}, "constant_share=-0.1: choose a share from 0 to 1"),
        ({"constant_share": math.nan}, "constant_share=nan: choose a share from 0 to 1"),
        ({"window_size": 1}, "window_size=1: choose 2 frames or more"),
        ({"window_size": 0}, "window_size=0: choose 2 frames or more"),
        ({"heads": 0}, "heads=0: choose 1 or more"),
        ({"head_width": 3}, "head_width=3: choose a positive even number"),
        ({"head_width": 0}, "head_width=0: choose a positive even number"),
        ({"num_timesteps": 0}, "num_timesteps=0: use the schedule"),
    ],
)
def test_bad_settings_are_refused_in_one_line(without_type_checks, setting, message):
    with pytest.raises(SamuelError, match=message) as caught:
        alignment(**setting)
    assert "\n" not in str(caught.value)
