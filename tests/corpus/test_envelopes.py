import numpy as np
import pytest

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.envelopes import modulation_envelope, release_envelope, volume_envelope
from samuel_gen.corpus.zones import Envelope

ENVELOPE = Envelope(delay=0.1, attack=0.2, hold=0.1, decay=1.0, sustain=20.0, release=0.3)


def test_volume_rises_linearly_and_decays_in_decibels():
    volume = volume_envelope(ENVELOPE, SAMPLE_RATE)
    at = [int(time * SAMPLE_RATE) for time in (0.05, 0.2, 0.35, 0.5, 0.99)]
    # The decay is 100 dB a second, down to 20 dB below the maximum.
    assert volume[at] == pytest.approx([0.0, 0.5, 1.0, 10**-0.5, 0.1], abs=1e-3)


def test_modulation_goes_through_its_stages():
    envelope = Envelope(0.1, 0.2, 0.1, 1.0, 0.5, 0.3)
    seconds = np.array([0.05, 0.2, 0.35, 0.9, 2.0])
    assert modulation_envelope(envelope, seconds) == pytest.approx([0, 0.5, 1, 0.75, 0.5], abs=1e-4)


def test_release_ends_60_db_down():
    release = release_envelope(1001)
    assert release[[0, 500, 1000]] == pytest.approx([1.0, 10**-1.5, 1e-3])
