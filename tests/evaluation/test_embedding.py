"""Windows and invariances of the embedding, its pinned values, and its use for adherence."""

import numpy as np
import torch

from samuel_gen.audio.resample import resample
from samuel_gen.corpus.song import render_song
from samuel_gen.evaluation.adherence import prompt_adherence
from samuel_gen.evaluation.embedding import FEATURES, embed

RATE = 22_050


def tones(*semitones: float, seconds: float = 12.0) -> torch.Tensor:
    """Make a chord above A3, struck twice a second."""
    time = torch.arange(round(seconds * RATE)) / RATE
    waves = [
        torch.sin(2 * torch.pi * 220 * 2 ** (note / 12) * k * time) / k
        for note in semitones
        for k in (1, 2, 3)
    ]
    return sum(waves) * torch.exp(-6 * (time % 0.5))


def test_a_row_for_each_whole_window() -> None:
    assert embed(tones(0, seconds=2.0)).shape == (1, FEATURES)
    assert embed(tones(0, seconds=17.9)).shape == (2, FEATURES)
    assert np.isfinite(embed(torch.zeros(6 * RATE))).all()


def test_gain_and_key_hardly_change_it() -> None:
    triad = embed(tones(0, 4, 7))
    np.testing.assert_allclose(embed(0.1 * tones(0, 4, 7)), triad, atol=1e-3)
    moved = embed(tones(5, 9, 12))
    harmony = slice(16, 34)
    np.testing.assert_allclose(moved[:, harmony], triad[:, harmony], atol=0.7)
    clash = embed(tones(0, 1, 7))
    assert np.abs(clash - triad)[:, harmony].max() > 2


def test_its_values_are_pinned() -> None:
    """Metrics of different versions stay comparable."""
    (row,) = embed(tones(0, 4, 7, seconds=6.0))
    pinned = [
        -2.720,
        -0.654,
        -0.338,
        -0.569,
        -0.852,
        -2.803,
        -2.835,
        -2.857,
        0.632,
        0.347,
        0.347,
        0.356,
        0.345,
        0.471,
        0.403,
        0.363,
        0.317,
        0.592,
        1.809,
        2.283,
        2.605,
        0.002,
        0.308,
        0.593,
        1.831,
        2.286,
        2.624,
        0.001,
        0.306,
        0.589,
        1.835,
        2.275,
        2.631,
        0.001,
        1.775,
        2.594,
    ]
    np.testing.assert_allclose(row, pinned, atol=2e-3)


def test_it_separates_true_from_mismatched_songs() -> None:
    songs = [render_song(seed, seconds=13.0) for seed in range(30, 50)]
    stems = [
        [
            resample(x.mean(0, keepdim=True), s.sample_rate, RATE)[0]
            for x in (s.vocal, s.accompaniment)
        ]
        for s in songs
    ]

    def mix_with_offset(offset: int) -> list[np.ndarray]:
        """Embed each vocal mixed with the accompaniment of the song so many places on."""
        others = [stems[(at + offset) % len(stems)][1] for at in range(len(stems))]
        return [embed(vocal + other) for (vocal, _), other in zip(stems, others, strict=True)]

    true, other, third = (mix_with_offset(offset) for offset in (0, 5, 7))
    known_true, known_other = np.concatenate(true[:10]), np.concatenate(other[:10])
    assert prompt_adherence(np.concatenate(true[10:]), known_true, known_other) > 0.8
    assert prompt_adherence(np.concatenate(third[10:]), known_true, known_other) < 0.4
