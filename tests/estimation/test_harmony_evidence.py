import numpy as np
import pytest

from samuel_gen.estimation.harmony_evidence import (
    change_probability,
    collect_halves,
    describe_places,
    weigh_halves,
)
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats

FRAME_SECONDS = 0.05
SHEET = LeadSheet(steady_beats(60, 0.5, 3.5))


def test_each_half_of_a_beat_holds_the_shares_of_its_pitch_classes() -> None:
    melody = np.zeros((12, 90))
    melody[4, 30:50] = 1  # the whole second beat
    melody[7, 50:55] = 1  # half of the first half of the third
    halves = collect_halves(melody, FRAME_SECONDS, SHEET)
    assert halves[1, :, 4] == pytest.approx([1, 1])
    assert halves[2, :, 7] == pytest.approx([0.5, 0])
    assert halves.sum() == pytest.approx(2.5)


def test_the_first_half_of_a_beat_counts_more_than_the_second() -> None:
    melody = np.zeros((12, 90))
    melody[2, 30:40] = 1
    melody[5, 40:50] = 1
    evidence = weigh_halves(collect_halves(melody, FRAME_SECONDS, SHEET))
    assert evidence[1, 2] > 1.2 * evidence[1, 5] > 0
    assert evidence.sum() == pytest.approx(1)


def test_sound_before_and_after_the_beats_counts_to_the_first_and_the_last() -> None:
    melody = np.zeros((12, 200))
    melody[0, :5], melody[9, 195:] = 1, 1
    halves = collect_halves(melody, FRAME_SECONDS, SHEET)
    assert halves[0, 0, 0] > 0 and halves[-1, 1, 9] > 0
    assert (halves.sum(axis=2) <= 1 + 1e-9).all()


def test_a_place_is_described_by_its_beat_and_its_length() -> None:
    sheet = LeadSheet(SHEET.beats, first_position=3)
    places = describe_places(np.zeros((len(sheet.beats), 2, 12)), sheet)
    assert places[:, 0].tolist() == [0, 0, 1, 0]
    assert places[:, 1].tolist() == [1, 0, 0, 0]
    assert places[:, 3] == pytest.approx(0)
    slow = describe_places(np.zeros((len(sheet.beats), 2, 12)), sheet.scale_time(2))
    assert slow[:, 3] == pytest.approx(1)


def test_chords_change_on_downbeats_rather_than_elsewhere() -> None:
    sheet = LeadSheet(steady_beats(100, 0, 12), first_position=3)
    chance = change_probability(sheet)
    positions = np.array(sheet.positions)
    assert chance[positions == 1].min() > chance[positions == 3].max()
    assert chance[positions == 3].min() > chance[np.isin(positions, (2, 4))].max() > 0


def test_long_bars_have_more_changes_than_short_ones() -> None:
    slow, fast = (
        change_probability(LeadSheet(steady_beats(tempo, 0, 12), meter=Meter(3, 4)))
        for tempo in (60, 200)
    )
    assert slow.sum() / slow.size > fast.sum() / fast.size
