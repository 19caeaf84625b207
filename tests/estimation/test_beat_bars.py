import numpy as np
import pytest

from samuel_gen.estimation.beat_bars import downbeat_evidence, meter_priors, rank_bars
from samuel_gen.estimation.beat_tracker import BeatActivations
from samuel_gen.lead_sheet.meter import Meter

PLACES = 20 + 45.0 * np.arange(24)


def hear(every: int, first: int, compound: float = 0.02) -> BeatActivations:
    downbeats = np.full(1200, 0.01)
    downbeats[PLACES.astype(int)[first::every]] = 0.7
    beats = np.full(1200, 0.02)
    beats[PLACES.astype(int)] = 0.8
    return BeatActivations(beats, downbeats, 0.0116, compound=compound)


@pytest.mark.parametrize("first", range(4))
def test_downbeats_decide_where_bars_begin(first: int) -> None:
    best = rank_bars(hear(4, first), PLACES)[0]
    assert best.meter == Meter(4, 4)
    assert (best.first_position + first - 1) % 4 == 0


def test_downbeats_decide_the_meter() -> None:
    assert rank_bars(hear(3, 1), PLACES)[0].meter == Meter(3, 4)
    assert rank_bars(hear(4, 0, compound=0.95), PLACES)[0].meter == Meter(12, 8)
    assert rank_bars(hear(2, 0, compound=0.95), PLACES)[0].meter == Meter(6, 8)


def test_a_given_meter_and_a_given_downbeat_are_kept() -> None:
    for bars in rank_bars(hear(4, 0), PLACES, meter=Meter(3, 4)):
        assert bars.meter == Meter(3, 4)
    for bars in rank_bars(hear(4, 0), PLACES, downbeat=-3):
        beats_to_downbeat = (1 - bars.first_position) % bars.meter.beats_per_bar
        assert (beats_to_downbeat + 3) % bars.meter.beats_per_bar == 0


def test_equal_downbeats_say_nothing() -> None:
    flat = BeatActivations(np.full(1200, 0.1), np.full(1200, 0.03), 0.0116)
    np.testing.assert_allclose(downbeat_evidence(flat, PLACES), 0, atol=0.05)


def test_the_priors_of_all_meters_follow_the_division_of_the_beat() -> None:
    simple = dict(meter_priors(0.1, None))
    compound = dict(meter_priors(0.9, None))
    assert max(simple, key=simple.__getitem__) == Meter(4, 4)
    assert max(compound, key=compound.__getitem__) == Meter(12, 8)
