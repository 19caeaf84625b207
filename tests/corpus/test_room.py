import numpy as np
import pytest

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.room import add_reverb

CLICK = np.zeros((2, SAMPLE_RATE), np.float32)
CLICK[:, 100] = 1.0


def test_no_reverb_leaves_the_signal():
    assert add_reverb(CLICK, 0.0, 0.9) is CLICK


def test_reverb_follows_the_sound_in_proportion_to_its_amount():
    wet = add_reverb(CLICK, 0.5, 0.9) - CLICK
    assert np.abs(wet[:, :100]).max() < 1e-6 < np.abs(wet[:, 101:]).max()
    assert np.allclose(add_reverb(CLICK, 1.0, 0.9) - CLICK, 2 * wet, atol=1e-6)
    assert (wet**2).sum(axis=1) == pytest.approx(0.25, rel=0.05)


def test_reverb_decays_by_its_reverberation_time():
    wet = add_reverb(CLICK, 1.0, 0.5) - CLICK
    early, late = (
        (wet[:, start : start + 4410] ** 2).mean() for start in (4410, 4410 + SAMPLE_RATE // 4)
    )
    assert 10 * np.log10(early / late) == pytest.approx(30, abs=3)


def test_reverb_is_stereo():
    wet = add_reverb(CLICK, 1.0, 0.9) - CLICK
    assert abs(np.corrcoef(wet)[0, 1]) < 0.3
