import pytest
import torch

from samuel_gen.models.attention import GlobalAttention, LocalAttention, local_attention
from samuel_gen.models.unet import SoftAlignmentUNet

WINDOWS = (4, 8, 16, 32)
SITES = ("align_input", "align_bottleneck")


def dense_attention(queries, keys, values, reach):
    """Compute all scores, then mask those beyond the reach: the slow reference."""
    positions = torch.arange(queries.shape[2])
    scores = queries @ keys.mT / queries.shape[3] ** 0.5
    far = (positions[:, None] - positions).abs() > reach
    return scores.masked_fill(far, -torch.inf).softmax(dim=-1) @ values


@pytest.mark.parametrize("reach", [0, 1, 3, 7, 15, 31, 32, 33, 40])
@pytest.mark.parametrize("frames", [1, 2, 31, 32, 33, 64, 75])
def test_local_attention_equals_masked_dense_attention(noise, frames, reach):
    inputs = [noise(2, 3, frames, 4, dtype=torch.float64).requires_grad_() for _ in range(3)]
    fast, slow = local_attention(*inputs, reach), dense_attention(*inputs, reach)
    torch.testing.assert_close(fast, slow)

    weights = noise(2, 3, frames, 4, dtype=torch.float64)
    for ours, reference in zip(
        torch.autograd.grad((fast * weights).sum(), inputs),
        torch.autograd.grad((slow * weights).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(ours, reference)


def test_reach_0_returns_the_values(noise):
    queries, keys, values = (noise(1, 2, 40, 4) for _ in range(3))
    torch.testing.assert_close(local_attention(queries, keys, values, 0), values)


def test_memory_is_linear_in_frames(noise):
    def saved_numbers(frames: int) -> int:
        inputs = [noise(1, 1, frames, 4).requires_grad_() for _ in range(3)]
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor: sizes.append(tensor.numel()) or tensor, lambda tensor: tensor
        ):
            local_attention(*inputs, 7)
        return sum(sizes)

    assert 0 < saved_numbers(2048) <= 2 * saved_numbers(1024) < 2048 * 200


@pytest.fixture(scope="module", params=WINDOWS)
def unet(request) -> SoftAlignmentUNet:
    """The default widths at both attentions, with as few blocks between them as possible."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return SoftAlignmentUNet(
            window_size=request.param, depth=1, bottleneck_depth=0, context_depth=0
        )


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("frame", [0, 45, 63, 99])
def test_gradient_fills_the_window_and_nothing_else(unet, site, frame, noise, request):
    window_size = request.node.callspec.params["unet"]
    attention = unet.get_submodule(site).local_attention
    features = noise(1, attention.query_key.in_channels, 100).requires_grad_()
    context = noise(1, attention.heard_key.in_channels, 100).requires_grad_()
    attended = attention(features, attention.project_context(context))[:, :, frame]
    window = [i for i in range(100) if abs(i - frame) <= window_size // 2]
    for gradient in torch.autograd.grad(
        (attended * noise(*attended.shape)).sum(), (features, context)
    ):
        assert gradient.abs().sum(dim=(0, 1)).nonzero().flatten().tolist() == window


@pytest.mark.parametrize("heads, channels", [(2, 8), (4, 64)])
def test_an_impulse_changes_its_window_only(noise, randomise, heads, channels):
    attention = randomise(LocalAttention(channels, 4, heads, channels // heads, window_size=16))
    features, context = noise(1, channels, 256), noise(1, 4, 256)
    with_impulse = context.clone()
    with_impulse[:, :, 128] += 1
    before, after = (
        attention(features, attention.project_context(each)) for each in (context, with_impulse)
    )
    changed = before != after
    assert changed.any(dim=3).all(dim=(0, 1)).nonzero().flatten().tolist() == list(range(120, 137))
    assert changed.any(dim=(0, 1, 3)).nonzero().flatten().tolist() == list(range(120, 137))


@pytest.mark.parametrize("frames", [1, 2, 31, 32, 33, 65])
@pytest.mark.parametrize("window_size", [2, 3, 16, 64])
def test_output_and_gradient_are_finite_at_any_length(noise, randomise, frames, window_size):
    features, context = noise(2, 8, frames).requires_grad_(), noise(2, 12, frames).requires_grad_()
    for attention in (LocalAttention(8, 12, 2, 4, window_size), GlobalAttention(8, 12, 2, 4)):
        attended = randomise(attention)(features, attention.project_context(context))
        gradients = torch.autograd.grad(
            attended.square().sum(), (features, context, *attention.parameters())
        )
        assert attended.shape == (2, 2, frames, 4)
        assert attended.isfinite().all() and all(part.isfinite().all() for part in gradients)


@pytest.mark.parametrize("frames", [1, 5, 31, 33])
def test_every_query_has_a_key(noise, monkeypatch, frames):
    """For a query without keys some kernels return zeros, others NaN, which would spread."""
    attend, masks = torch.nn.functional.scaled_dot_product_attention, []

    def record_mask(queries, keys, values, mask):
        masks.append(mask)
        return attend(queries, keys, values, mask)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", record_mask)
    local_attention(*(noise(1, 1, frames, 4) for _ in range(3)), 2)
    assert masks and all(mask.any(dim=-1).all() for mask in masks)


def test_large_scores_stay_finite(noise, randomise):
    attention = randomise(LocalAttention(8, 8, 2, 4, 16))
    features = (1e4 * noise(1, 8, 40)).requires_grad_()
    attended = attention(features, attention.project_context(features))
    attended.sum().backward()
    assert attended.isfinite().all() and features.grad.isfinite().all()


@pytest.mark.parametrize("frames", [1, 50])
def test_global_attention_equals_a_textbook_version(noise, randomise, frames):
    attention = randomise(GlobalAttention(8, 12, heads=2, head_width=4)).double()
    features, context = (noise(2, width, frames, dtype=torch.float64) for width in (8, 12))

    def heads(projected: torch.Tensor) -> torch.Tensor:
        return projected.unflatten(1, (2, 4)).mT

    angles = torch.arange(frames)[:, None] * torch.tensor([1.0, 0.01], dtype=torch.float64)
    rotation = torch.polar(torch.ones_like(angles), angles)

    def rotate(projected: torch.Tensor) -> torch.Tensor:
        split = heads(projected)
        return torch.complex(split[..., :2], split[..., 2:]) * rotation

    context_keys, context_values = attention.project_context(context)
    queries, keys = (rotate(part) for part in attention.query_key(features).chunk(2, dim=1))
    keys = keys + rotate(context_keys)
    weights = ((queries @ keys.conj().mT).real / 2).softmax(dim=-1)
    expected = weights @ heads(attention.value(features) + context_values)
    attended = attention(features, (context_keys, context_values))
    torch.testing.assert_close(attended, expected, rtol=0, atol=1e-6)


def test_global_attention_depends_on_distance_only(noise, randomise):
    frames = 16
    attention = randomise(GlobalAttention(2 * frames, 4, heads=2, head_width=frames))

    class OneHot(torch.nn.Module):
        """Values that are one-hot per frame, so that the output equals the attention weights."""

        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return torch.eye(frames).repeat(1, 2, 1)

    attention.value = OneHot()
    torch.nn.init.zeros_(attention.heard_value.weight)
    features, context = (
        noise(1, channels, 1).expand(-1, -1, frames) for channels in (2 * frames, 4)
    )
    weights = attention(features, attention.project_context(context)).log()
    to_itself = weights.diagonal(dim1=2, dim2=3)[..., None]
    relative = weights - to_itself
    torch.testing.assert_close(relative[:, :, 1:, 1:], relative[:, :, :-1, :-1], rtol=0, atol=1e-4)
    assert relative.abs().max() > 0.1, "distance matters"


@pytest.mark.parametrize("channels, heads, width", [(128, 4, 32), (512, 8, 32), (512, 8, 64)])
def test_each_head_is_contiguous_in_memory(noise, channels, heads, width):
    """With another layout the CPU takes a kernel that is 4 times slower."""
    local = LocalAttention(channels, 6, heads, width, 16)
    for attention in (local, GlobalAttention(channels, 6, heads, width)):
        cache = attention.project_context(noise(1, 6, 40))
        for part in attention.project(noise(1, channels, 40), cache):
            assert part.shape == (1, heads, 40, width) and part.stride(3) == 1


@pytest.mark.parametrize("kind", ["local", "global"])
def test_bfloat16_autocast_agrees_with_float32(noise, randomise, kind):
    attention = randomise(
        LocalAttention(16, 24, 2, 8, 16) if kind == "local" else GlobalAttention(16, 24, 2, 8)
    )
    features, context = noise(2, 16, 70).requires_grad_(), noise(2, 24, 70).requires_grad_()
    float32 = attention(features, attention.project_context(context))
    with torch.autocast("cpu", torch.bfloat16):
        bfloat16 = attention(features, attention.project_context(context))
    assert bfloat16.dtype == torch.bfloat16
    torch.testing.assert_close(
        bfloat16.float(), float32, rtol=0, atol=0.05 * float32.abs().max().item()
    )
    gradients = torch.autograd.grad(bfloat16.float().square().sum(), (features, context))
    assert all(gradient.any() and gradient.isfinite().all() for gradient in gradients)
