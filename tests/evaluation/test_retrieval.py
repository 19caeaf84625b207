import numpy as np
import pytest
import torch

from samuel_gen.analysis.agreement import LISTENING_RATE, listen
from samuel_gen.analysis.melody import melody_track
from samuel_gen.audio.resample import resample
from samuel_gen.corpus.song import render_song
from samuel_gen.evaluation.retrieval import fit_scores, found_first, reciprocal_rank


def test_known_scores() -> None:
    scores = np.array([[3.0, 1, 2], [5, 4, 3], [0, 1, 0]])
    np.testing.assert_allclose(found_first(scores), [1, 0, 0])
    np.testing.assert_allclose(reciprocal_rank(scores), [1, 1 / 2, (1 / 2 + 1 / 3) / 2])


def test_who_cannot_tell_is_right_by_chance() -> None:
    flat = np.zeros((8, 8))
    assert found_first(flat).mean() == pytest.approx(1 / 8)
    assert reciprocal_rank(flat).mean() == pytest.approx(np.mean(1 / np.arange(1, 9)))


def test_true_bands_find_their_voices_and_silence_finds_none() -> None:
    songs = [render_song(seed, seconds=16.0) for seed in range(30, 36)]
    voices = [melody_track(song.vocal, song.sample_rate) for song in songs]
    bands = [
        listen(
            [resample(s.accompaniment.mean(0, keepdim=True), s.sample_rate, LISTENING_RATE)[0]], 0.0
        )
        for s in songs
    ]
    scores = fit_scores(bands, voices, 2048 / 44_100)
    assert scores.shape == (6, 6) and np.abs(scores).max() <= 1
    assert found_first(scores).mean() >= 0.6
    silent = [listen([torch.zeros(16 * LISTENING_RATE)], 0.0)] * 6
    assert found_first(fit_scores(silent, voices, 2048 / 44_100)).mean() == pytest.approx(1 / 6)
