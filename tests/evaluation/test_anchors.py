"""The accompaniments of the anchors."""

import torch

from samuel_gen.evaluation.anchors import (
    CODEC,
    MISMATCHED,
    NOISE,
    SILENCE,
    SYSTEMS,
    TRUE,
    adapt_to_song,
    make_anchors,
)
from samuel_gen.evaluation.songs import EvaluationSong

RATE = 8000


def make_song(samples: int, rate: int = RATE, seed: int = 0) -> EvaluationSong:
    generator = torch.Generator().manual_seed(seed)
    vocal, accompaniment = torch.randn(2, 2, samples, generator=generator)
    return EvaluationSong(f"{seed}", vocal, accompaniment, rate, None)


def halve(sound: torch.Tensor, rate: int) -> torch.Tensor:
    return sound / 2


def test_each_anchor_has_its_accompaniment() -> None:
    song, other = make_song(RATE), make_song(RATE, seed=1)
    anchors = make_anchors(song, other, halve, seed=4)
    assert list(anchors) == list(SYSTEMS[1:])
    assert torch.equal(anchors[TRUE], song.accompaniment)
    assert torch.equal(anchors[CODEC], song.accompaniment / 2)
    assert torch.equal(anchors[MISMATCHED], other.accompaniment)
    assert torch.equal(anchors[SILENCE], torch.zeros(2, RATE))
    assert abs(float(anchors[NOISE].std()) - 0.1) < 0.005


def test_the_noise_depends_on_the_seed_only() -> None:
    first, second = make_song(RATE), make_song(RATE, seed=1)
    noise = make_anchors(first, second, halve, seed=4)[NOISE]
    assert torch.equal(noise, make_anchors(second, first, halve, seed=4)[NOISE])
    assert not torch.equal(noise, make_anchors(first, second, halve, seed=5)[NOISE])


def test_another_accompaniment_is_resampled_and_repeated() -> None:
    song = make_song(5 * RATE)
    accompaniment = torch.randn(2, RATE // 2)  # one second at half the rate
    adapted = adapt_to_song(accompaniment, RATE // 2, song)
    assert adapted.shape == song.accompaniment.shape
    assert torch.allclose(adapted[:, RATE : 2 * RATE], adapted[:, :RATE])
