from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.zone_rendering import _lowpass, render_zone
from samuel_gen.corpus.zones import Envelope, Zone

HELD = Envelope(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
PERIOD = 100
SINE = np.round(16000 * np.sin(2 * np.pi * np.arange(20 * PERIOD) / PERIOD)).astype(np.int16)
ZONE = Zone(
    index=0,
    keys=(0, 127),
    velocities=(0, 127),
    samples=SINE,
    start=0,
    end=len(SINE),
    loop=(10 * PERIOD, 20 * PERIOD),
    rate=SAMPLE_RATE,
    root=60.0,
    cents_per_key=100.0,
    attenuation_db=0.0,
    pan=0.0,
    cutoff_cents=13500.0,
    resonance_db=0.0,
    volume=HELD,
    modulation=HELD,
    modulation_to_pitch=0.0,
    modulation_to_cutoff=0.0,
)
"""A looped sine of 441 Hz on key 60."""


def _sine(hertz: float, count: int) -> np.ndarray:
    return 16000 / 32768 * np.sin(2 * np.pi * hertz * np.arange(count) / SAMPLE_RATE)


@pytest.mark.parametrize(("key", "hertz"), [(60, 441.0), (72, 882.0), (48, 220.5)])
def test_loop_carries_a_transposed_sine_on(key, hertz):
    sound = render_zone(ZONE, key, 30_000)
    assert sound.shape == (30_000,) and np.allclose(sound, _sine(hertz, 30_000), atol=2e-3)


def test_sample_without_loop_ends():
    sound = render_zone(replace(ZONE, loop=None), 72, 30_000)
    assert len(sound) == pytest.approx(10 * PERIOD, abs=2)
    assert np.allclose(sound[:900], _sine(882.0, 900), atol=2e-3)


def test_volume_envelope_scales_the_sound_and_ends_it():
    quiet = replace(HELD, sustain=20.0, decay=0.001)
    late = render_zone(replace(ZONE, volume=quiet), 60, 30_000)[1000:]
    assert np.allclose(late, 0.1 * _sine(441.0, 30_000)[1000:], atol=2e-3)
    fading = replace(HELD, sustain=100.0, decay=0.1)
    assert len(render_zone(replace(ZONE, volume=fading), 60, 30_000)) == pytest.approx(
        0.09 * SAMPLE_RATE, abs=2
    )


def test_lowpass_is_unity_at_0_hz_and_falls_above_its_cutoff():
    cents = 1200 * np.log2(1000 / 8.176)
    b, a = _lowpass(cents, 0.0)
    z = np.exp(-2j * np.pi * np.array([0.0, 1000.0, 8000.0]) / SAMPLE_RATE)
    gains_db = 20 * np.log10(np.abs(np.polyval(b[::-1], z) / np.polyval(a[::-1], z)))
    assert gains_db[:2] == pytest.approx([0.0, -3.0], abs=0.1) and gains_db[2] < -35


def test_modulation_envelope_opens_the_filter():
    closed = replace(ZONE, cutoff_cents=4000.0)
    opened = replace(closed, modulation=replace(HELD, sustain=1.0), modulation_to_cutoff=9500.0)
    plain = render_zone(ZONE, 60, 20_000)
    assert render_zone(closed, 60, 20_000).std() < 0.2 * plain.std()
    assert render_zone(opened, 60, 20_000)[1000:].std() > 0.9 * plain.std()


def test_tuning_moves_a_note_and_a_drum():
    drum = replace(ZONE, cents_per_key=0.0)
    for zone in (ZONE, drum):
        sharp = render_zone(zone, 60, 30_000, tuning_cents=100.0)
        assert np.allclose(sharp, _sine(441.0 * 2 ** (1 / 12), 30_000), atol=2e-3)
