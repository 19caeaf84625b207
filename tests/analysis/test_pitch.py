"""Pitch tracking: periodic sounds, noise, octaves and squeaks."""

import numpy as np
import pytest
import torch

from samuel_gen.analysis.melody import analyse_vocal_frames
from samuel_gen.analysis.pitch import CANDIDATES, find_pitch_candidates, track_pitch
from samuel_gen.analysis.spectra import compute_spectra

RATE, HOP = 44_100, 2048


def test_a_ringing_consonant_has_no_pitch_but_a_whistle_has(sing):
    """The same 2.5 kHz for 80 ms between low notes, and for half a second."""
    vocal = sing([48, 50, 52, 53], vibrato=0)
    time = torch.arange(vocal.shape[-1]) / RATE
    for seconds, voiced in ((0.08, False), (0.5, True)):
        inside = (time >= 1.0) & (time < 1.0 + seconds)
        ring = 0.2 * torch.sin(2 * torch.pi * 2500 * time)
        pitch, _ = analyse_vocal_frames([torch.where(inside, ring, vocal)], RATE, HOP)
        assert (pitch > 2000).any() == voiced


def harmonics(hertz: float, partials: range, seconds: float = 1.0) -> torch.Tensor:
    time = torch.arange(round(seconds * RATE)) / RATE
    return sum(torch.sin(2 * torch.pi * k * hertz * time) / k for k in partials)[None]


@pytest.mark.parametrize("hertz", [70.0, 220.0, 1000.0])
@pytest.mark.parametrize("partials", [range(1, 8), range(2, 8)])
def test_the_pitch_is_that_of_the_fundamental_even_if_it_is_missing(hertz, partials):
    (spectra,) = compute_spectra([harmonics(hertz, partials)], RATE, HOP, 4)
    frequency, strength = find_pitch_candidates(spectra)
    pitch = track_pitch(frequency, strength, np.zeros(len(spectra)))
    assert np.median(np.abs(1200 * np.log2(pitch[4:-8] / hertz))) < 5  # cents


def test_the_path_avoids_a_short_octave_error():
    frames = 60
    frequency = np.full((frames, CANDIDATES), 220.0, np.float32)
    frequency[:, 1] = 440.0
    strength = np.full((frames, CANDIDATES), -np.inf, np.float32)
    strength[:, 0], strength[:, 1] = 0.9, 0.85
    strength[30:32, :2] = (0.85, 0.9)
    assert (track_pitch(frequency, strength, np.zeros(frames)) == 220.0).all()


def test_frames_that_are_weak_or_faint_are_unvoiced():
    frames = 60
    frequency = np.full((frames, CANDIDATES), 220.0, np.float32)
    strength = np.full((frames, CANDIDATES), -np.inf, np.float32)
    strength[:, 0] = 0.9
    level = np.zeros(frames)
    strength[:20, 0] = 0.1  # hardly periodic
    level[40:] = -80.0  # dB
    voiced = track_pitch(frequency, strength, level) > 0
    assert np.array_equal(np.flatnonzero(voiced), np.arange(20, 40))
