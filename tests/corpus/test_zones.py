from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus.modulators import Modulator
from samuel_gen.corpus.zones import ATTENUATION_SCALE, make_zone

HEADER = {
    "key": 60,
    "correction": 10,
    "start": 1000,
    "end": 5000,
    "loop_start": 2000,
    "loop_end": 4000,
    "rate": 22050,
}
POINTS = np.zeros(6000, np.int16)


def test_empty_generators_give_the_defaults_of_the_specification():
    zone = make_zone(3, {}, {}, HEADER, POINTS)
    assert (zone.index, zone.keys, zone.velocities) == (3, (0, 127), (0, 127))
    assert (zone.start, zone.end, zone.loop, zone.rate) == (1000, 5000, None, 22050)
    assert zone.root == pytest.approx(59.9) and zone.cents_per_key == 100
    assert (zone.cutoff_cents, zone.resonance_db, zone.attenuation_db, zone.pan) == (13500, 0, 0, 0)
    assert zone.volume.attack == 0.0 and zone.volume.sustain == 0.0 and zone.modulation.sustain == 1


def test_generators_of_instrument_and_preset_add_up():
    own = {34: 1200, 48: 100, 17: -250, 51: 12, 54: 1}
    zone = make_zone(0, own, {48: 50, 17: -250, 34: 1200}, HEADER, POINTS)
    assert zone.volume.attack == 4.0  # 2,400 timecents
    assert zone.attenuation_db == pytest.approx(15 * ATTENUATION_SCALE)
    assert zone.pan == -1.0 and zone.root == pytest.approx(47.9)
    assert zone.loop == (2000, 4000)


def test_ranges_of_instrument_and_preset_intersect():
    own, preset = {43: 40 | 80 << 8, 44: 10 | 127 << 8}, {43: 60 | 100 << 8, 44: 0 | 63 << 8}
    zone = make_zone(0, own, preset, HEADER, POINTS)
    assert (zone.keys, zone.velocities) == ((60, 80), (10, 63))
    assert zone.has(60, 50) and not zone.has(60, 100)
    zone = replace(zone, velocities=(0, 127))
    assert zone.has(60, 100) and zone.has(80, 100) and not zone.has(59, 100)
    assert not replace(zone, velocities=(0, 64)).has(60, 100)


def test_modulators_change_the_zone_for_one_note():
    brighter, quieter = Modulator(0x2, 8, 12700), Modulator(0x3, 48, 127)
    zone = make_zone(5, {8: 2000}, {}, HEADER, POINTS, (brighter, quieter))
    soft, loud = zone.adapt(60, 36), zone.adapt(60, 68)
    assert (soft.cutoff_cents, loud.cutoff_cents) == (2000 + 3600, 2000 + 6800)
    assert soft.attenuation_db == pytest.approx(6.0)  # a key of 60 of 127 centibels
    assert len({zone.index, soft.index, loud.index}) == 3
    assert zone.adapt(60, 39).index == soft.index and zone.adapt(60, 127).cutoff_cents == 13500
    plain = make_zone(5, {8: 2000}, {}, HEADER, POINTS)
    assert plain.adapt(60, 36) is plain


def test_modulators_scale_the_times_of_the_envelope():
    zone = make_zone(0, {34: 0}, {}, HEADER, POINTS, (Modulator(0xC02, 34, -1200),))
    assert zone.adapt(60, 20).volume.attack == 1.0 and zone.adapt(60, 100).volume.attack == 0.5
