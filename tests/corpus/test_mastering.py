import numpy as np
import pytest

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.mastering import Mastering, limit_peaks

OPEN = Mastering(
    threshold_db=60.0, ratio=4.0, attack=0.005, release=0.1, drive_db=-60.0, crest_db=60.0
)
"""A chain that changes nothing."""


def _rms_db(audio: np.ndarray) -> float:
    return float(10 * np.log10((audio**2).mean()))


def _two_levels(step_db: float) -> np.ndarray:
    """A tone of 1 kHz that gets louder after two of four seconds."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE)
    tone[2 * SAMPLE_RATE :] *= 10 ** (step_db / 20)
    return np.stack([tone, tone]).astype(np.float32)


def test_an_open_chain_changes_only_the_level():
    noise = np.random.default_rng(0).standard_normal((2, SAMPLE_RATE)).astype(np.float32)
    mastered = OPEN.apply(noise)
    assert np.allclose(mastered, noise / np.sqrt((noise**2).mean()), atol=1e-3)


@pytest.mark.parametrize("ratio", [2.0, 4.0])
def test_levels_above_the_threshold_grow_by_their_ratio(ratio):
    chain = Mastering(-40.0, ratio, 0.005, 0.1, -60.0, 60.0)
    mastered = chain.apply(_two_levels(12.0))
    quiet, loud = (mastered[:, s * SAMPLE_RATE : (s + 1) * SAMPLE_RATE] for s in (1, 3))
    assert _rms_db(loud) - _rms_db(quiet) == pytest.approx(12 / ratio, abs=0.3)


def test_attacks_pass_before_the_compressor_closes():
    chain = Mastering(-40.0, 4.0, 0.03, 0.1, -60.0, 60.0)
    mastered = chain.apply(_two_levels(12.0))
    start = 2 * SAMPLE_RATE
    attack, later = mastered[:, start : start + 200], mastered[:, start + SAMPLE_RATE :]
    assert np.abs(attack).max() > 2 * np.abs(later).max()


def test_no_peak_passes_the_limiter_and_quiet_sound_passes_unchanged():
    noise = np.random.default_rng(1).standard_normal((2, SAMPLE_RATE)).astype(np.float32)
    noise[:, 20_000:] *= 0.1
    limited = limit_peaks(noise, 1.5)
    assert np.abs(limited).max() <= 1.5 + 1e-5 < np.abs(noise).max()
    assert np.array_equal(limited[:, 21_000:], noise[:, 21_000:])


def test_drawn_chains_lower_the_crest_and_keep_silence():
    clicks = np.random.default_rng(2).standard_normal((2, SAMPLE_RATE)).astype(np.float32)
    clicks[:, ::4000] *= 12
    for seed in range(8):
        mastered = Mastering.draw(np.random.default_rng(seed)).apply(clicks)
        crests = [20 * np.log10(np.abs(x).max()) - _rms_db(x) for x in (clicks, mastered)]
        assert crests[1] < crests[0] and crests[1] < 16 and np.isfinite(mastered).all()
    assert not Mastering.draw(np.random.default_rng(0)).apply(np.zeros((2, 500), np.float32)).any()
