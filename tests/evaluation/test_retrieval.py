"""Ranks of known fits, and of rendered songs."""

import numpy as np
import pytest
import torch

from samuel_gen.analysis.melody import extract_melody
from samuel_gen.analysis.music import MUSIC_RATE, analyse_music
from samuel_gen.audio.resample import resample
from samuel_gen.corpus.song import render_song
from samuel_gen.evaluation.retrieval import fit_matrix, reciprocal_rank, top1_accuracy


def test_ranks_of_known_fits() -> None:
    fits = np.array([[3.0, 1, 2], [5, 4, 3], [0, 1, 0]])
    np.testing.assert_allclose(top1_accuracy(fits), [1, 0, 0])
    np.testing.assert_allclose(reciprocal_rank(fits), [1, 1 / 2, (1 / 2 + 1 / 3) / 2])


def test_equal_fits_rank_by_chance() -> None:
    equal = np.zeros((8, 8))
    assert top1_accuracy(equal).mean() == pytest.approx(1 / 8)
    assert reciprocal_rank(equal).mean() == pytest.approx(np.mean(1 / np.arange(1, 9)))


def test_true_accompaniments_find_their_vocals_and_silence_does_not() -> None:
    songs = [render_song(seed, seconds=16.0) for seed in range(30, 36)]
    melodies = [extract_melody(song.vocal, song.sample_rate) for song in songs]
    accompaniments = []
    for song in songs:
        mono = song.accompaniment.mean(0, keepdim=True)
        accompaniments.append(analyse_music([resample(mono, song.sample_rate, MUSIC_RATE)[0]], 0.0))
    fits = fit_matrix(accompaniments, melodies, 2048 / 44_100)
    assert fits.shape == (6, 6) and np.abs(fits).max() <= 1
    assert top1_accuracy(fits).mean() >= 0.6
    silence = [analyse_music([torch.zeros(16 * MUSIC_RATE)], 0.0)] * 6
    by_chance = top1_accuracy(fit_matrix(silence, melodies, 2048 / 44_100))
    assert by_chance.mean() == pytest.approx(1 / 6)
