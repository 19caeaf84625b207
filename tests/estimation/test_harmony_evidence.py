import numpy as np
import pytest

from samuel_gen.estimation.harmony_evidence import change_probability, collect_evidence
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import LeadSheet, steady_beats

FRAME_SECONDS = 0.05
SHEET = LeadSheet(steady_beats(60, 0.5, 3.5))


def test_a_beat_holds_the_shares_of_its_pitch_classes() -> None:
    melody = np.zeros((12, 90))
    melody[4, 30:50] = 1  # the whole second beat
    melody[7, 50:60] = 1  # the first half of the third
    evidence = collect_evidence(melody, FRAME_SECONDS, SHEET)
    assert evidence[1, 4] == pytest.approx(1)
    assert 0.5 < evidence[2, 7] < 1
    assert evidence.sum() == pytest.approx(evidence[1, 4] + evidence[2, 7])


def test_early_moments_of_a_beat_count_more_than_late_ones() -> None:
    melody = np.zeros((12, 90))
    melody[2, 30:40] = 1
    melody[5, 40:50] = 1
    evidence = collect_evidence(melody, FRAME_SECONDS, SHEET)
    assert evidence[1, 2] > 1.2 * evidence[1, 5] > 0


def test_sound_before_and_after_the_beats_counts_to_the_first_and_the_last() -> None:
    melody = np.zeros((12, 200))
    melody[0, :5], melody[9, 195:] = 1, 1
    evidence = collect_evidence(melody, FRAME_SECONDS, SHEET)
    assert evidence[0, 0] > 0 and evidence[-1, 9] > 0
    assert (evidence.sum(axis=1) <= 1 + 1e-9).all()


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
