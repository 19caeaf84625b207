import pytest

from samuel_gen.estimation.harmony_fixed import FixedChord, arrange_fixed, insert_fixed
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats

C, F, G = Chord(0, "", 0), Chord(5, "", 5), Chord(7, "", 7)
SHEET = LeadSheet(steady_beats(120, 0, 7.9), first_position=4)  # 16 beats; bar 1 on beat 1


def test_a_chord_change_holds_for_its_bar() -> None:
    assert arrange_fixed(SHEET, [ChordChange(2, C)]) == (FixedChord(2, 5, C),)
    assert arrange_fixed(SHEET, [ChordChange(0, C)]) == (FixedChord(0, 1, C),)


def test_the_next_fixed_chord_and_the_end_of_the_sheet_end_a_span() -> None:
    spans = [FixedChord(9, 99, G), ChordChange(1, C), ChordChange(3, F)]
    assert arrange_fixed(SHEET, spans) == (
        FixedChord(1, 3, C),
        FixedChord(3, 5, F),
        FixedChord(9, 16, G),
    )


def test_a_span_covers_the_beats_of_which_it_has_half() -> None:
    assert FixedChord(1.5, 3.6, C).beats == slice(1, 4)
    assert FixedChord(1.6, 3.4, C).beats == slice(2, 3)


@pytest.mark.parametrize("stop", [3, 3.25, 3.75])
def test_given_chords_replace_those_in_their_span(stop: float) -> None:
    changes = [ChordChange(0, C), ChordChange(2, F), ChordChange(4, G)]
    sheet = LeadSheet(SHEET.beats, chords=insert_fixed(changes, [FixedChord(1.5, stop, G)], 16))
    places = (0, 1.4, 1.5, stop - 0.1, stop, 4)
    assert [sheet.chord_at(place) for place in places[:4]] == [C, C, G, G]
    assert sheet.chord_at(stop) == (F if stop < 3.5 else G)
    assert sheet.chord_at(4) == G


def test_neighbouring_spans_leave_no_gap() -> None:
    fixed = [FixedChord(0, 4, F), FixedChord(4, 8, C)]
    merged = insert_fixed([ChordChange(beat, G) for beat in range(12)], fixed, 12)
    sheet = LeadSheet(SHEET.beats, chords=merged)
    assert sheet.chords == (ChordChange(0, F), ChordChange(4, C), ChordChange(8, G))
