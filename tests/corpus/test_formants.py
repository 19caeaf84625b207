import numpy as np

from samuel_gen.corpus.formants import FRAME_HOP, VOWELS, apply_vocal_tract
from samuel_gen.corpus.glottis import glottal_wave

RATE = 44100


def _shape(vowel: str, ring: float = 0.2) -> np.ndarray:
    """Return the power spectrum of one second of a vowel at 110 Hz, one bin per Hz."""
    source, _ = glottal_wave(np.full(RATE, 110.0), np.ones(RATE, bool), 0.6, RATE)
    formants = np.tile(np.array(VOWELS[vowel], np.float32), (RATE // FRAME_HOP + 1, 1))
    return np.abs(np.fft.rfft(apply_vocal_tract(source, formants, 1.0, 3000.0, ring, RATE))) ** 2


def _share(power: np.ndarray, low: int, high: int) -> float:
    return float(power[low:high].sum() / power.sum())


def test_vowels_differ_where_their_formants_do():
    assert _share(_shape("i"), 1500, 3500) > 2 * _share(_shape("u"), 1500, 3500)
    assert _share(_shape("a"), 900, 1300) > 2 * _share(_shape("i"), 900, 1300)


def test_ring_strengthens_the_singers_formant():
    assert _share(_shape("a", 1.0), 2200, 4700) > 1.5 * _share(_shape("a", 0.0), 2200, 4700)


def test_silence_stays_silent_and_the_length_stays():
    source = np.zeros(5000, np.float32)
    formants = np.tile(np.array(VOWELS["a"], np.float32), (5000 // FRAME_HOP + 1, 1))
    sound = apply_vocal_tract(source, formants, 1.0, 3000.0, 0.2, RATE)
    assert sound.shape == (5000,) and not sound.any()
