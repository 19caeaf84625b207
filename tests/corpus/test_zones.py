from dataclasses import replace

import pytest

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


def test_empty_generators_give_the_defaults_of_the_specification():
    zone = make_zone(3, {}, {}, HEADER)
    assert (zone.index, zone.keys, zone.velocities) == (3, (0, 127), (0, 127))
    assert (zone.start, zone.end, zone.loop, zone.rate) == (1000, 5000, None, 22050)
    assert zone.root == pytest.approx(59.9) and zone.cents_per_key == 100
    assert (zone.cutoff_cents, zone.resonance_db, zone.attenuation_db, zone.pan) == (13500, 0, 0, 0)
    assert zone.volume.attack == 0.0 and zone.volume.sustain == 0.0 and zone.modulation.sustain == 1


def test_generators_of_instrument_and_preset_add_up():
    own = {34: 1200, 48: 100, 17: -250, 51: 12, 54: 1}
    zone = make_zone(0, own, {48: 50, 17: -250, 34: 1200}, HEADER)
    assert zone.volume.attack == 4.0  # 2,400 timecents
    assert zone.attenuation_db == pytest.approx(15 * ATTENUATION_SCALE)
    assert zone.pan == -1.0 and zone.root == pytest.approx(47.9)
    assert zone.loop == (2000, 4000)


def test_key_ranges_of_instrument_and_preset_intersect():
    zone = make_zone(0, {43: 40 | 80 << 8}, {43: 60 | 100 << 8}, HEADER)
    assert zone.keys == (60, 80)
    assert zone.has(60, 100) and zone.has(80, 100) and not zone.has(59, 100)
    assert not replace(zone, velocities=(0, 64)).has(60, 100)
