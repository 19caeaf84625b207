import pytest
import torch

from samuel_gen.diffusion.guidance import Guided
from samuel_gen.diffusion.samplers import unipc
from samuel_gen.diffusion.schedules import cosine
from samuel_gen.diffusion.windows import Windowed, window_starts
from samuel_gen.errors import SamuelError

SHAPES = [(100, 32, 8), (97, 32, 0), (97, 32, 31), (64, 32, 16), (33, 32, 8), (32, 32, 8)]


def pointwise(noisy, timestep, vocal):
    """A denoiser that treats each frame by itself and depends on all of its arguments."""
    given = vocal.latents_given[:, None, None]
    return (
        torch.sin(noisy)
        + vocal.latents * given
        + vocal.melody.mean(1, keepdim=True)
        + (timestep[:, None, None] / 100)
    )


@pytest.fixture
def noisy(generator):
    return torch.randn(3, 3, 100, generator=generator)


TIMESTEP = torch.tensor([0, 400, 799])


@pytest.mark.parametrize(("frames", "window", "overlap"), SHAPES)
def test_windows_cover_all_frames_and_no_more(frames, window, overlap):
    starts = window_starts(frames, window, overlap)
    covered = {frame for start in starts for frame in range(start, start + window)}
    assert covered == set(range(frames))
    assert starts == sorted(set(starts))
    shared = [first + window - second for first, second in zip(starts, starts[1:], strict=False)]
    assert all(share == overlap for share in shared[:-1])
    assert all(share >= overlap for share in shared)


@pytest.mark.parametrize(("frames", "window", "overlap"), SHAPES)
@pytest.mark.parametrize("max_batch", [1, 2, 4, 100])
def test_fades_sum_to_one(frames, window, overlap, max_batch, noisy, make_vocal):
    """A denoiser that treats each frame by itself gives the same result in windows."""
    noisy = noisy[..., :frames]
    vocal = make_vocal(3, frames)
    windowed = Windowed(pointwise, window, overlap, max_batch)
    torch.testing.assert_close(windowed(noisy, TIMESTEP, vocal), pointwise(noisy, TIMESTEP, vocal))


def test_the_fade_between_two_windows_is_linear(make_vocal, recorder):
    """Windows of velocity 0 and 1 show the fade itself."""
    velocities = iter([0.0, 1.0])
    denoiser = recorder(lambda noisy, timestep, vocal: torch.full_like(noisy, next(velocities)))
    windowed = Windowed(denoiser, window_frames=32, overlap_frames=8, max_batch=1)
    velocity = windowed(torch.zeros(1, 3, 56), torch.tensor([5]), make_vocal(1, 56))
    expected = torch.cat([torch.zeros(24), torch.arange(1, 9) / 9, torch.ones(24)])
    torch.testing.assert_close(velocity, expected.expand(1, 3, 56))


def test_one_window_is_exactly_the_plain_denoiser(noisy, make_vocal, recorder):
    vocal, denoiser = make_vocal(3, 100), recorder(pointwise)
    velocity = Windowed(denoiser, window_frames=100, overlap_frames=25)(noisy, TIMESTEP, vocal)
    assert torch.equal(velocity, pointwise(noisy, TIMESTEP, vocal))
    [(latents, timestep, passed_vocal)] = denoiser.calls
    assert latents is noisy and timestep is TIMESTEP and passed_vocal is vocal


@pytest.mark.parametrize("frames, lengths", [(33, [33]), (40, [40]), (41, [32, 32])])
def test_an_excess_within_the_overlap_is_one_window(frames, lengths, noisy, make_vocal, recorder):
    denoiser = recorder(pointwise)
    vocal = make_vocal(3, frames)
    velocity = Windowed(denoiser, 32, 8, max_batch=3)(noisy[..., :frames], TIMESTEP, vocal)
    assert [call[0].shape[2] for call in denoiser.calls] == lengths
    torch.testing.assert_close(velocity, pointwise(noisy[..., :frames], TIMESTEP, vocal))


@pytest.mark.parametrize("max_batch", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("frames", [20, 100])
def test_no_call_is_larger_than_max_batch(max_batch, frames, noisy, make_vocal, recorder):
    denoiser = recorder(pointwise)
    vocal = make_vocal(3, frames)
    Windowed(denoiser, 32, 8, max_batch)(noisy[..., :frames], TIMESTEP, vocal)
    sizes = [tuple(call[0].shape) for call in denoiser.calls]
    assert all(batch <= max_batch and length == min(frames, 32) for batch, _, length in sizes)
    assert sum(batch for batch, _, _ in sizes) == 3 * len(window_starts(frames, min(frames, 32), 8))


def test_each_window_gets_its_part_of_the_vocal(noisy, make_vocal, recorder):
    denoiser, vocal = recorder(pointwise), make_vocal(3, 100)
    Windowed(denoiser, 32, 8, max_batch=6)(noisy, TIMESTEP, vocal)
    starts = window_starts(100, 32, 8)
    given = torch.cat([call[2].latents for call in denoiser.calls])
    expected = torch.cat([vocal.latents[..., start : start + 32] for start in starts])
    assert torch.equal(given, expected)


def test_max_batch_bounds_guidance_outside_too(noisy, make_vocal, recorder):
    denoiser, vocal = recorder(pointwise), make_vocal(3, 100)
    schedule = cosine()
    outside = Guided(Windowed(denoiser, 32, 8, max_batch=4), schedule, scale=3.0)
    inside = Windowed(Guided(pointwise, schedule, scale=3.0), 32, 8, max_batch=4)
    torch.testing.assert_close(
        outside(noisy, TIMESTEP, vocal), inside(noisy, TIMESTEP, vocal), rtol=1e-4, atol=1e-5
    )
    assert max(len(call[0]) for call in denoiser.calls) <= 4


def test_samplers_accept_a_windowed_denoiser(noisy, make_vocal):
    vocal, schedule = make_vocal(3, 100), cosine()
    windowed = Windowed(pointwise, 32, 8)
    whole = unipc(pointwise, noisy, vocal, schedule, num_steps=6)
    blended = unipc(windowed, noisy, vocal, schedule, num_steps=6)
    torch.testing.assert_close(blended, whole, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("window", "overlap", "max_batch", "message"),
    [
        (32, 32, 8, "choose an overlap of 0 or more"),
        (32, -1, 8, "choose an overlap of 0 or more"),
        (32, 8, 0, "max_batch=0: choose 1 or more"),
    ],
)
def test_settings_out_of_range_are_refused(window, overlap, max_batch, message):
    with pytest.raises(SamuelError, match=message):
        Windowed(pointwise, window, overlap, max_batch)
