import pytest
import torch

from samuel_gen.models.rotary import RotaryEmbedding


def rotate_slowly(features: torch.Tensor, base: float = 10_000.0) -> torch.Tensor:
    """Rotate pair i by `frame * base ** (-2 i / width)`, as complex numbers."""
    frames, width = features.shape[-2:]
    frequencies = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.arange(frames, dtype=torch.float64)[:, None] * frequencies
    first, second = features.double().chunk(2, dim=-1)
    rotated = torch.complex(first, second) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat((rotated.real, rotated.imag), dim=-1)


@pytest.mark.parametrize("frames", [1, 2, 100, 1023])
def test_rotation_equals_complex_multiplication(noise, frames):
    queries, keys = noise(2, 3, frames, 8), noise(2, 3, frames, 8)
    for rotated, features in zip(RotaryEmbedding(8)(queries, keys), (queries, keys), strict=True):
        torch.testing.assert_close(rotated.double(), rotate_slowly(features), rtol=0, atol=5e-4)


def test_rotation_keeps_frame_0_and_all_norms(noise):
    queries, keys = noise(1, 2, 50, 16), noise(1, 2, 50, 16)
    rotated, _ = RotaryEmbedding(16)(queries, keys)
    torch.testing.assert_close(rotated[:, :, 0], queries[:, :, 0])
    torch.testing.assert_close(rotated.norm(dim=-1), queries.norm(dim=-1))
    assert (rotated[:, :, 1:] - queries[:, :, 1:]).abs().amax(dim=-1).min() > 1e-2


@pytest.mark.parametrize("shift", [1, 17, 500])
def test_scores_depend_on_distance_only(noise, shift):
    rotary = RotaryEmbedding(8)
    queries, keys = noise(1, 2, 20, 8), noise(1, 2, 20, 8)

    def scores(query_shift: int, key_shift: int) -> torch.Tensor:
        rotated, _ = rotary(delay(queries, query_shift), delay(queries, query_shift))
        _, rotated_keys = rotary(delay(keys, key_shift), delay(keys, key_shift))
        return rotated[:, :, query_shift:] @ rotated_keys[:, :, key_shift:].mT

    def delay(features: torch.Tensor, frames: int) -> torch.Tensor:
        return torch.nn.functional.pad(features, (0, 0, frames, 0))

    torch.testing.assert_close(scores(shift, shift), scores(0, 0), rtol=0, atol=1e-3)
    assert (scores(shift, 0) - scores(0, 0)).abs().max() > 0.1


def test_tables_grow_and_still_serve_short_inputs(noise):
    rotary = RotaryEmbedding(8, frames=16)
    for frames in (10, 16, 17, 1500, 12):
        features = noise(1, 1, frames, 8)
        queries, keys = rotary(features, features)
        torch.testing.assert_close(queries.double(), rotate_slowly(features), rtol=0, atol=1e-3)
        torch.testing.assert_close(keys, queries)


def test_tables_are_kept_between_calls(noise):
    rotary = RotaryEmbedding(8, frames=16)
    rotary(noise(1, 1, 40, 8), noise(1, 1, 40, 8))
    kept = rotary._tables[0]
    rotary(noise(1, 1, 33, 8), noise(1, 1, 33, 8))
    assert rotary._tables[0] is kept


def test_tables_made_in_inference_mode_allow_training(noise):
    with torch.inference_mode():
        rotary = RotaryEmbedding(8, frames=16)
        rotary(torch.zeros(1, 1, 40, 8), torch.zeros(1, 1, 40, 8))
    queries, keys = noise(1, 1, 40, 8).requires_grad_(), noise(1, 1, 40, 8)
    rotated, rotated_keys = rotary(queries, keys)
    (rotated * rotated_keys).sum().backward()
    assert queries.grad.abs().sum() > 0


def test_rotation_keeps_the_dtype(noise):
    rotary = RotaryEmbedding(8)
    for dtype in (torch.bfloat16, torch.float64, torch.float32):
        features = noise(1, 1, 5, 8).to(dtype)
        assert {rotated.dtype for rotated in rotary(features, features)} == {dtype}
    features = noise(1, 1, 5, 8)
    torch.testing.assert_close(rotary(features, features)[0].double(), rotate_slowly(features))
