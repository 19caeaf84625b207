"""Tempo estimation on steady, free and held notes."""

import numpy as np
import pytest
import torch

from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.analysis.tempo import estimate_tempo

FRAME = 2048 / 44_100
OCTAVES = (0.5, 1.0, 2.0)


def melody_of(starts: np.ndarray, seconds: float, pitch: int = 0) -> MelodyTrack:
    """A melody track of one held pitch with onsets at these times [s]."""
    features = torch.zeros(14, round(seconds / FRAME))
    features[pitch], features[12] = 1.0, 1.0
    features[13, (torch.as_tensor(starts) / FRAME).round().long()] = 1.0
    return MelodyTrack(features, 0.0, features[12])


@pytest.mark.parametrize("bpm", [72.0, 100.0, 131.0])
def test_the_tempo_of_steady_notes(bpm: float) -> None:
    found = estimate_tempo(melody_of(np.arange(0, 29, 60 / bpm), 30.0), FRAME)
    assert found is not None and found.confidence > 0.6
    assert any(found.bpm == pytest.approx(bpm * octave, rel=0.02) for octave in OCTAVES)


def test_free_singing_gets_less_confidence() -> None:
    steps = np.random.default_rng(1).uniform(0.2, 1.2, 60)
    free = estimate_tempo(melody_of(np.cumsum(steps)[np.cumsum(steps) < 29], 30.0), FRAME)
    strict = estimate_tempo(melody_of(np.arange(0, 29, 0.7), 30.0), FRAME)
    assert strict is not None
    assert free is None or free.confidence < strict.confidence - 0.2


def test_new_pitches_make_a_pulse_without_onsets() -> None:
    features = torch.zeros(14, 640)
    for frame in range(640):
        features[int(frame * FRAME / 0.6) * 5 % 12, frame] = 1.0
    features[12] = 1.0
    found = estimate_tempo(MelodyTrack(features, 0.0, features[12]), FRAME)
    assert found is not None
    assert any(found.bpm == pytest.approx(100 * octave, rel=0.03) for octave in OCTAVES)


def test_a_held_note_has_no_pulse() -> None:
    features = melody_of(np.array([0.0]), 20.0).features[:, 1:]  # without its only onset
    assert estimate_tempo(MelodyTrack(features, 0.0, features[12]), FRAME) is None


@pytest.mark.slow
def test_confidences_come_true_on_rendered_songs() -> None:
    from samuel_gen.analysis.melody import extract_melody
    from samuel_gen.corpus.song import render_song

    found = []
    for seed in range(7000, 7060):
        song = render_song(seed, seconds=32.0)
        tempo = estimate_tempo(extract_melody(song.vocal, song.sample_rate), FRAME)
        if tempo is not None:
            ratios = [abs(tempo.bpm / song.score.tempo / octave - 1) for octave in OCTAVES]
            found.append((tempo.confidence, min(ratios) < 0.04))
    confidence, right = np.array(found).T
    assert right.mean() > confidence.mean() - 0.1
    assert right[confidence > 0.7].mean() > 0.75
