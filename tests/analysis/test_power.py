"""Power per block of a stream against the whole sound."""

import pytest
import torch

from samuel_gen.analysis.power import PowerMeter


@pytest.mark.parametrize("size", [1, 70, 100, 999])
def test_the_powers_are_those_of_the_whole_sound(size):
    sound = torch.randn(2, 950, generator=torch.Generator().manual_seed(0))
    meter = PowerMeter(100)
    for piece in sound.split(size, dim=1):
        meter.add(piece)
    expected = [float(part.double().square().mean()) for part in sound.split(100, dim=1)]
    assert meter.powers() == pytest.approx(expected)
    assert meter.powers(with_rest=False) == pytest.approx(expected[:9])


def test_no_sound_has_no_powers():
    assert PowerMeter(100).powers() == []
