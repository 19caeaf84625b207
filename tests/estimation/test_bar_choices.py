"""The chords that a bar could have: never those that it has; given ones are judged, too."""

import numpy as np
import torch

from samuel_gen.analysis.recording_report import RecordingReport, analyse_recording
from samuel_gen.estimation.bar_choices import find_bar_choices
from samuel_gen.estimation.estimate import SheetEstimate, estimate_from_report
from samuel_gen.estimation.given import parse_given
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.sheet import LeadSheet

RATE, BEAT = 16_000, 0.5


def sing(chords: str) -> RecordingReport:
    """The analysis of broken chords, one chord in four beats of 0.5 s."""
    notes = []
    for symbol in chords.split():
        chord = parse_chord(symbol)
        third = 3 if "m" in chord.quality else 4
        notes += [48 + chord.root + each for each in (0, third, 7, 0)]
    at = np.arange(round(len(notes) * BEAT * RATE)) / RATE
    pitch = np.array(notes)[np.minimum((at / BEAT).astype(int), len(notes) - 1)]
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 57) / 12)) / RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 5)) * np.minimum(1, 8 * (at / BEAT % 1))
    return analyse_recording(torch.tensor(0.1 * tone, dtype=torch.float32)[None], RATE)


def estimate(report: RecordingReport, chords: str | None = None) -> SheetEstimate:
    return estimate_from_report(report, parse_given(tempo=120, bar_1_at=0.0, chords=chords))


def test_a_wrong_given_chord_is_improbable_and_the_sung_one_is_offered_first() -> None:
    report = sing("C G Am F C F G C")
    free = find_bar_choices(report, estimate(report))
    wrong = find_bar_choices(report, estimate(report, "C | G | F#m | F | C | F | G | C"))
    assert free[2].number == wrong[2].number == 3
    assert wrong[2].share < 0.05 < 0.3 < free[2].share
    assert str(wrong[2].alternatives[0][0]) == "Am"


def test_the_sheets_own_chords_are_not_offered_again() -> None:
    report = sing("C G Am F C F G C")
    own = estimate(report)
    for bar, choice in enumerate(find_bar_choices(report, own)):
        offered = {str(chord) for chord, _ in choice.alternatives}
        assert str(own.sheet.chord_at(4 * bar)) not in offered
        assert len(offered) == len(choice.alternatives) <= 4
        shares = [share for _, share in choice.alternatives]
        assert shares == sorted(shares, reverse=True)
        assert choice.share + sum(shares) < 1 + 1e-6


def test_a_pickup_is_bar_0_and_a_sheet_without_chords_has_no_choices() -> None:
    report = sing("C G Am F")
    sheet = LeadSheet(tuple(0.5 * beat for beat in range(16)), first_position=4)
    assert find_bar_choices(report, SheetEstimate(sheet)) == []
    chords = estimate_from_report(report, parse_given(lead_sheet=sheet))
    assert [each.number for each in find_bar_choices(report, chords)] == [0, 1, 2, 3, 4]
