"""Vocal activity: notes, consonants, breath and rests."""

import math

import numpy as np
import torch

from samuel_gen.analysis.activity import detect_singing
from samuel_gen.analysis.melody import extract_melody
from samuel_gen.analysis.spectra import BAND_CENTRES

RATE, HOP = 44_100, 2048
REST = math.nan
FRAME = 0.0116  # s


def test_activity_follows_the_notes_despite_hiss(sing):
    notes = [60, REST, 64, 65, REST, 67]
    vocal = sing(notes, seconds=0.6)
    hiss = 0.003 * vocal.std() * torch.randn(vocal.shape, generator=torch.manual_seed(0))
    for sound in (vocal, vocal + hiss, 0.01 * vocal):
        activity = extract_melody(sound, RATE, HOP).activity
        for number, note in enumerate(notes):
            first, last = (round((number + at) * 0.6 * RATE / HOP) for at in (0.25, 0.75))
            inside = activity[first:last]
            assert (inside > 0.9).all() if note == note else (inside < 0.1).all()
    assert not extract_melody(0 * vocal, RATE, HOP).activity.any()


def test_noise_near_a_tone_is_a_consonant_and_noise_alone_is_breath():
    frames = 200
    powers = np.full((frames, BAND_CENTRES.size), 1e-9, np.float32)
    frequency = np.zeros(frames)
    powers[50:100, :12], frequency[50:100] = 1.0, 220.0  # a tone
    powers[44:50, 16:] = 0.5  # noise right before it: a consonant
    powers[150:160, 16:] = 0.5  # noise on its own: breath
    tone, sung = detect_singing(frequency, powers, FRAME)
    assert np.array_equal(np.flatnonzero(tone), np.arange(50, 100))
    assert sung[44:100].all() and not sung[:40].any() and not sung[145:165].any()


def test_a_short_pause_inside_a_word_is_sung():
    frames = 200
    powers = np.full((frames, BAND_CENTRES.size), 1e-9, np.float32)
    frequency = np.zeros(frames)
    for start, stop in ((50, 70), (75, 100), (140, 160)):  # gaps of 0.06 s and 0.46 s
        powers[start:stop], frequency[start:stop] = 1.0, 220.0
    tone, sung = detect_singing(frequency, powers, FRAME)
    assert not tone[70:75].any() and sung[70:75].all()
    assert not sung[105:135].any()


def test_no_frames_give_no_frames():
    tone, sung = detect_singing(np.zeros(0), np.zeros((0, BAND_CENTRES.size), np.float32), FRAME)
    assert tone.size == sung.size == 0
