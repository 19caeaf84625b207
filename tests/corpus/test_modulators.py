import numpy as np
import pytest

from samuel_gen.corpus.modulators import Modulator, combine


@pytest.mark.parametrize(
    ("source", "curve"),
    [
        (0x002, lambda v: v / 127),
        (0x102, lambda v: 1 - v / 127),
        (0x202, lambda v: 2 * v / 127 - 1),
        (0xC02, lambda v: float(v >= 64)),
    ],
)
def test_straight_curves_and_switches(source, curve):
    for velocity in (0, 1, 63, 64, 100, 127):
        change = Modulator(source, 8, 1000).change(60, velocity)
        assert change == pytest.approx(1000 * curve(velocity))


def test_falling_concave_velocity_squares_the_amplitude():
    attenuation = Modulator(0x502, 48, 960)
    for velocity in (20, 64, 100, 127):
        centibels = attenuation.change(60, velocity)
        assert 10 ** (-centibels / 200) == pytest.approx((velocity / 127) ** 2)


def test_convex_mirrors_concave():
    x = np.arange(1, 127)
    concave = [Modulator(0x402, 8, 1).change(60, int(v)) for v in x]
    convex = [Modulator(0x802, 8, 1).change(60, int(127 - v)) for v in x]
    assert np.allclose(np.add(concave, convex), 1) and np.all(np.diff(concave) >= 0)


def test_wheels_and_pedals_change_nothing_and_a_second_source_scales():
    assert Modulator(0x81, 8, 1000).change(60, 100) == 0
    assert Modulator(0x0E, 8, 1000).change(60, 100) == 0
    assert Modulator(0x003, 8, 1270, scale=0x002).change(127, 64) == pytest.approx(640)


def test_preset_adds_and_the_default_is_left_to_players():
    same, softer = Modulator(0x502, 48, 960), Modulator(0x502, 48, 460)
    assert combine([same], []) == ()
    assert combine([softer], [Modulator(0x502, 48, 100)]) == (
        Modulator(0x502, 48, -500),
        Modulator(0x502, 48, 100),
    )
    assert combine([Modulator(0x102, 8, 0), Modulator(0x81, 6, 50)], []) == ()
