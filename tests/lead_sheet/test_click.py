import numpy as np
import pytest

from samuel_gen.lead_sheet.click import count_in, render_click
from samuel_gen.lead_sheet.meter import parse_meter
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats

RATE = 44_100


def test_clicks_begin_on_the_beats() -> None:
    sheet = LeadSheet(steady_beats(92, 0.41, 10))
    samples = render_click(sheet, 10 * RATE, RATE)
    loud = np.abs(samples) > 0.02
    starts = np.flatnonzero(loud & ~np.roll(np.convolve(loud, np.ones(2000))[: loud.size] > 0, 1))
    times = starts / RATE
    assert len(times) == len(sheet.beats)
    assert np.abs(times - np.array(sheet.beats)).max() < 0.001
    assert np.abs(samples).max() <= 0.5


def test_downbeats_are_higher() -> None:
    samples = render_click(LeadSheet(steady_beats(60, 0, 5)), 5 * RATE, RATE)
    pitch = [
        np.abs(np.fft.rfft(samples[beat * RATE : beat * RATE + 2205])).argmax() for beat in range(5)
    ]
    assert pitch[0] == pitch[4] > pitch[1] == pitch[2] == pitch[3]


def test_a_click_that_leaves_the_sound_is_cut() -> None:
    assert render_click(LeadSheet((-0.01, 0.5, 0.999)), RATE, RATE).shape == (RATE,)


@pytest.mark.parametrize("first_position", [1, 3])
def test_a_count_in_ends_on_the_first_downbeat(first_position: int) -> None:
    sheet = LeadSheet(steady_beats(120, 1.0, 9.0), first_position, parse_meter("3/4"))
    counted = count_in(sheet, 2)
    before = counted.beats.index(sheet.downbeats[0])
    assert before == 6 and counted.positions[:6] == (1, 2, 3, 1, 2, 3)
    assert np.allclose(np.diff(counted.beats), 0.5, atol=2e-4)
    assert counted.beats[-len(sheet.beats) :] == sheet.beats


def test_clicks_rendered_in_parts_are_those_of_the_whole() -> None:
    sheet = LeadSheet(steady_beats(92, 0.41, 10))
    whole = render_click(sheet, 10 * RATE, RATE)
    edges = [0, 1, 18_100, 18_300, 200_000, 10 * RATE]
    parts = [render_click(sheet, b - a, RATE, a) for a, b in zip(edges, edges[1:], strict=False)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_clicks_end_at_a_time() -> None:
    sheet = LeadSheet(steady_beats(60, 0, 10))
    samples = render_click(sheet, 10 * RATE, RATE, until=2.0)
    assert samples[RATE : RATE + 100].any() and not samples[2 * RATE :].any()
