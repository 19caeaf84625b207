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
def heard(noise):
    return noise(2, 8, 40), noise(2, 4, 40)


def attended(attention, heard, timestep) -> torch.Tensor:
    features, context = heard
    return attention(features, timestep, attention.listen(context))


def joined(attended: torch.Tensor) -> torch.Tensor:
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
def test_local_at_clean_is_the_same_seen_from_the_other_end(schedule):
    torch.testing.assert_close(
        share(schedule, local_at="clean")(TIMESTEPS), share(schedule)(800 - TIMESTEPS)
    )


@pytest.mark.parametrize("num_timesteps", [10, 800, 1000])
@pytest.mark.parametrize("schedule", ["linear", "sqrt"])
def test_share_is_one_at_the_noisiest_timestep_whatever_their_number(schedule, num_timesteps):
    shares = share(schedule, num_timesteps=num_timesteps)(torch.arange(num_timesteps)).flatten()
    assert shares[0] == 0 and shares[-1] == 1
    assert (shares.diff() > 0).all()


def test_learned_share_has_a_column_for_each_head():
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
def test_the_mix_is_local_only_at_one_end_and_global_only_at_the_other(
    heard, awake, schedule, local_at, local_timestep, global_timestep
):
    attention = awake(alignment(local_share=schedule, local_at=local_at))
    features, said = heard[0], attention.listen(heard[1])
    near = joined(attention.local_attention(features, said[0]))
    distant = joined(attention.global_attention(features, said[1]))
    assert (near - distant).abs().max() > 0.1

    mixed = attention.mixed(features, said, torch.tensor([local_timestep, global_timestep]))
    assert torch.equal(mixed[0], near[0])
    assert torch.equal(mixed[1], distant[1])


@pytest.mark.parametrize("schedule", ["linear", "sqrt", "constant", "learned"])
def test_the_mix_is_a_weighted_mean_of_both_per_item_and_head(heard, awake, schedule):
    attention = awake(alignment(local_share=schedule, constant_share=0.3))
    timestep = torch.tensor([100, 650])
    features, said = heard[0], attention.listen(heard[1])
    near = attention.local_attention(features, said[0])
    distant = attention.global_attention(features, said[1])
    alpha = attention.share(timestep)
    expected = joined(alpha * near + (1 - alpha) * distant)
    torch.testing.assert_close(attention.mixed(features, said, timestep), expected)


@pytest.mark.parametrize("window_size", [4, 8, 16])
def test_at_the_local_end_no_gradient_crosses_the_window(awake, noise, window_size):
    attention = awake(alignment(window_size=window_size))
    features, context = noise(2, 8, 40).requires_grad_(), noise(2, 4, 40).requires_grad_()
    output = attention(features, torch.tensor([NOISY, CLEAN]), attention.listen(context))

    def reached(item: int, inputs: torch.Tensor) -> list[int]:
        gradient = torch.autograd.grad(output[item, :, 20].sum(), inputs, retain_graph=True)[0]
        assert not gradient[1 - item].any(), "no item hears another"
        return gradient[item].abs().sum(dim=0).nonzero().flatten().tolist()

    half = window_size // 2
    for inputs in (features, context):
        assert reached(0, inputs) == list(range(20 - half, 20 + half + 1))
        assert reached(1, inputs) == list(range(40))


def test_what_is_attended_to_is_added_to_the_features(heard, awake):
    attention = awake(alignment())
    timestep = torch.tensor([300, 500])
    mixed = attention.mixed(attention.norm(heard[0]), attention.listen(heard[1]), timestep)
    torch.testing.assert_close(
        attended(attention, heard, timestep), heard[0] + attention.out(mixed)
    )


@pytest.mark.parametrize("constant_share, left_out", [(1.0, "global"), (0.0, "local")])
def test_the_half_that_a_constant_share_leaves_out_is_not_built(
    heard, awake, constant_share, left_out
):
    attention = awake(alignment(local_share="constant", constant_share=constant_share))
    assert getattr(attention, f"{left_out}_attention") is None
    assert not any(left_out in name for name, _ in attention.named_parameters())

    whole = awake(alignment(local_share="linear"))
    whole.load_state_dict(attention.state_dict(), strict=False)
    timestep = torch.full((2,), NOISY if left_out == "global" else CLEAN)
    assert torch.equal(
        attended(attention, heard, torch.tensor([10, 500])), attended(whole, heard, timestep)
    )


@pytest.mark.parametrize("schedule", ["linear", "sqrt", "learned"])
@pytest.mark.parametrize("constant_share", [0.0, 1.0])
def test_other_schedules_keep_both_halves_whatever_the_constant_share(schedule, constant_share):
    attention = alignment(local_share=schedule, constant_share=constant_share)
    assert attention.local_attention is not None and attention.global_attention is not None


def test_learned_slope_and_bias_learn(heard, awake):
    attention = awake(alignment(local_share="learned"))
    attended(attention, heard, torch.tensor([200, 600])).square().sum().backward()
    for parameter in (attention.share.slope, attention.share.bias):
        assert parameter.grad.shape == (2,) and parameter.grad.all()
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("timestep", [CLEAN, NOISY])
@pytest.mark.parametrize("schedule", ["linear", "sqrt", "learned"])
def test_gradients_are_finite_at_both_ends(heard, awake, schedule, timestep):
    attention = awake(alignment(local_share=schedule))
    attended(attention, heard, torch.full((2,), timestep)).square().sum().backward()
    assert all(p.grad.isfinite().all() for p in attention.parameters())


@pytest.mark.parametrize("schedule", ["linear", "learned"])
def test_bf16_autocast_works(heard, awake, schedule):
    attention = awake(alignment(local_share=schedule))
    timestep = torch.tensor([200, 600])
    exact = attended(attention, heard, timestep)
    with torch.autocast("cpu", torch.bfloat16):
        rough = attended(attention, heard, timestep)
    torch.testing.assert_close(rough.float(), exact, rtol=0, atol=0.05 * exact.abs().max().item())
    rough.float().square().sum().backward()
    assert all(p.grad.isfinite().all() for p in attention.parameters())


@pytest.mark.parametrize(
    "mistake, told",
    [
        ({"local_share": "cubic"}, "local_share=cubic; expected one of linear, sqrt, constant"),
        ({"local_at": "middle"}, "local_at=middle; expected one of noisy, clean"),
        ({"constant_share": 1.5}, "constant_share=1.5; expected 0 to 1"),
        ({"constant_share": -0.1}, "constant_share=-0.1; expected 0 to 1"),
        ({"constant_share": math.nan}, "constant_share=nan; expected 0 to 1"),
        ({"window_size": 1}, "window_size=1; expected at least 2"),
        ({"window_size": 0}, "window_size=0; expected at least 2"),
        ({"heads": 0}, "heads=0; expected at least 1"),
        ({"head_width": 3}, "head_width=3; expected an even number"),
        ({"head_width": 0}, "head_width=0; expected an even number"),
        ({"num_timesteps": 0}, "num_timesteps=0; expected at least"),
    ],
)
def test_mistakes_are_told_in_one_line(unchecked, mistake, told):
    with pytest.raises(SamuelError, match=told) as caught:
        alignment(**mistake)
    assert "\n" not in str(caught.value)
