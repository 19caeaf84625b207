"""Processing in crossfaded segments equals processing of the whole."""

import math

import pytest
import torch

from samuel_gen.audio.crossfade import crossfade_segments


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("samples", [1, 3, 99, 100, 101, 190, 191, 1_000, 1_009])
def test_crossfaded_segments_equal_the_whole(samples):
    sound = noise(samples)
    seen = []

    def process(window):
        seen.append(window.shape[-1])
        return torch.stack([0.3 * window, -2 * window])

    pieces = sound.split([samples // 3, samples - samples // 3], dim=-1)
    segments = crossfade_segments(pieces, samples, process, segment=100, overlap=10)
    torch.testing.assert_close(
        torch.cat(list(segments), dim=-1), torch.stack([0.3 * sound, -2 * sound])
    )
    assert set(seen) == {100} and len(seen) == max(1, math.ceil((samples - 10) / 90))


def test_segments_fade_into_each_other():
    count = iter(range(100))

    def process(window):
        return torch.full((1, 2, window.shape[-1]), float(next(count)))

    (levels,) = torch.cat(
        list(crossfade_segments([noise(1_000)], 1_000, process, segment=100, overlap=10)), dim=-1
    )
    steps = levels.diff(dim=-1)
    assert (steps >= 0).all() and steps.max() < 0.11 and levels[0, -1] == 10


def test_the_last_segment_is_as_long_as_the_others():
    sound = noise(150)
    windows = []
    list(
        crossfade_segments(
            [sound], 150, lambda w: windows.append(w.clone()) or w[None], segment=100, overlap=10
        )
    )
    assert torch.equal(windows[-1], sound[:, 50:150])
