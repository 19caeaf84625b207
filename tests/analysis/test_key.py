"""Key estimation on known scales and rendered songs."""

import numpy as np
import pytest
import torch

from samuel_gen.analysis.key import KeyEstimate, rank_keys

FRAME = 2048 / 44_100


def test_a_minor_tune_is_minor_and_fewer_notes_are_less_sure() -> None:
    pitch_classes, voicing = torch.zeros(12, 400), torch.ones(400)
    for share, pitch in ((120, 9), (80, 4), (60, 0), (50, 2), (40, 11), (30, 8), (20, 5)):
        start = int((pitch_classes.sum(0) > 0).sum())
        pitch_classes[pitch, start : start + share] = 1.0
    keys = rank_keys(pitch_classes, voicing, FRAME)
    assert keys[0].name == "A minor"
    assert sum(key.confidence for key in keys) == pytest.approx(1.0)
    assert len({(key.tonic, key.mode) for key in keys}) == 24
    shorter = rank_keys(pitch_classes[:, ::4], voicing[::4], FRAME)
    assert shorter[0].confidence < keys[0].confidence


@pytest.mark.parametrize("semitones", range(12))
def test_a_transposed_melody_has_the_transposed_key(semitones: int) -> None:
    scale = torch.zeros(12, 300)
    for index, pitch in enumerate((0, 4, 7, 0, 2, 5, 11, 0, 9, 7)):
        scale[pitch, 30 * index : 30 * index + 30] = 1.0
    voicing = torch.ones(300)
    best = rank_keys(scale.roll(semitones, 0), voicing, FRAME)[0]
    assert (best.tonic, best.mode) == (semitones, "major")
    assert best.confidence == pytest.approx(rank_keys(scale, voicing, FRAME)[0].confidence)


def test_silence_has_no_key() -> None:
    assert rank_keys(torch.zeros(12, 100), torch.zeros(100), FRAME) == []


def test_keys_are_named_as_musicians_write_them() -> None:
    assert (
        KeyEstimate(3, "major", 1.0).name == "Eb major"
        and KeyEstimate(8, "minor", 1.0).name == "G# minor"
    )


@pytest.mark.slow
def test_confidences_come_true_on_rendered_songs() -> None:
    from samuel_gen.analysis.melody import extract_melody
    from samuel_gen.corpus.song import render_song

    found = []
    for seed in range(7000, 7060):
        song = render_song(seed, seconds=32.0)
        melody = extract_melody(song.vocal, song.sample_rate)
        best = rank_keys(melody.pitch_classes, melody.voicing, FRAME)[0]
        truth = (song.score.tonic, song.score.mode)
        found.append((best.confidence, (best.tonic, best.mode) == truth))
    confidence, right = np.array(found).T
    assert right.mean() > confidence.mean() - 0.1
    assert right[confidence > 0.7].mean() > 0.75
