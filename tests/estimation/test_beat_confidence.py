from samuel_gen.estimation.beat_bars import Bars
from samuel_gen.estimation.beat_confidence import (
    bar_confidence,
    meter_confidence,
    tempo_confidence,
)
from samuel_gen.lead_sheet.meter import Meter

FOUR, THREE, TWELVE = Meter(4, 4), Meter(3, 4), Meter(12, 8)


def test_confidence_grows_with_the_distance_to_the_next_best() -> None:
    close, far = (tempo_confidence([(50.0, 10.0), (75.0, 10.0 - gap)]) for gap in (1, 15))
    assert 0 < close < far <= 1


def test_the_same_tempo_is_no_rival() -> None:
    alone = tempo_confidence([(50.0, 10.0), (75.0, 2.0)])
    assert tempo_confidence([(50.0, 10.0), (50.5, 9.9), (75.0, 2.0)]) == alone


def test_nothing_found_is_no_confidence() -> None:
    assert tempo_confidence([]) == tempo_confidence([(50.0, 1.0)]) == 0


def test_other_downbeats_are_rivals_of_the_first_bar_and_other_meters_of_the_meter() -> None:
    best = Bars(FOUR, 1, 5.0)
    same_place, other_place, other_meter = (
        Bars(TWELVE, 1, 4.9),
        Bars(FOUR, 3, 4.9),
        Bars(THREE, 1, 4.9),
    )
    assert bar_confidence([best, same_place]) > bar_confidence([best, other_place])
    assert meter_confidence([best, other_place]) > meter_confidence([best, other_meter])


def test_downbeats_that_stand_out_are_surer() -> None:
    plain, clear = (
        bar_confidence([Bars(FOUR, 1, 5.0, contrast), Bars(FOUR, 3, 2.0)])
        for contrast in (0.1, 2.0)
    )
    assert plain < clear
