from pathlib import Path

import numpy as np
import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chord import parse_chord
from samuel_gen.lead_sheet.click import render_click
from samuel_gen.lead_sheet.key import parse_key
from samuel_gen.lead_sheet.meter import parse_meter
from samuel_gen.lead_sheet.midi import read_tempo_map
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats

C, G = parse_chord("C"), parse_chord("G")


def waltz() -> LeadSheet:
    """Nine beats of 3/4 at 120 after a pickup of one beat."""
    chords = (ChordChange(1, C), ChordChange(4, G), ChordChange(7, C))
    return LeadSheet(
        steady_beats(120, 0.5, 5.0), 3, parse_meter("3/4"), chords, parse_key("C"), "waltz"
    )


def test_a_steady_tempo_gives_evenly_spaced_beats() -> None:
    beats = steady_beats(90, 0.25, 10.0)
    assert np.allclose(np.diff(beats), 60 / 90, atol=2e-4)
    assert beats[0] == 0.25 and beats[-1] <= 10.0 < beats[-1] + 60 / 90
    assert steady_beats(92, 0, 180)[-1] == pytest.approx(60 / 92 * 276, abs=1e-4)


def test_positions_count_through_the_bars() -> None:
    sheet = waltz()
    assert sheet.positions == (3, 1, 2, 3, 1, 2, 3, 1, 2, 3)
    assert sheet.downbeats == (1.0, 2.5, 4.0)
    assert sheet.tempo == pytest.approx(120)


def test_times_and_beats_are_inverse_also_beyond_the_ends() -> None:
    rng = np.random.default_rng(0)
    sheet = LeadSheet(tuple(np.cumsum(rng.uniform(0.4, 0.7, 20))))
    places = np.linspace(-5, 30, 71)
    times = np.array([sheet.time_at(place) for place in places])
    assert np.allclose(sheet.beat_at(times), places, atol=1e-9)
    assert np.all(np.diff(times) > 0)


def test_a_chord_sounds_until_the_next() -> None:
    sheet = waltz()
    assert sheet.chord_at(0.5) is None
    assert sheet.chord_at(1) == sheet.chord_at(3.99) == C
    assert sheet.chord_at(4) == G
    assert sheet.chord_at(99) == C


def test_repeated_chords_are_one_change() -> None:
    changes = (ChordChange(0, C), ChordChange(2, C), ChordChange(4, G), ChordChange(6, G))
    sheet = LeadSheet(steady_beats(120, 0, 5), chords=changes)
    assert sheet.chords == (ChordChange(0, C), ChordChange(4, G))


def test_transposing_moves_chords_and_key_and_nothing_else() -> None:
    sheet = waltz()
    moved = sheet.transpose(2)
    assert str(moved.key) == "D major" and str(moved.chords[1].chord) == "A"
    assert moved.beats == sheet.beats and moved.transpose(10) == sheet


def test_scaling_and_shifting_move_the_beats_and_nothing_else() -> None:
    sheet = waltz()
    assert sheet.scale_time(2.0).tempo == pytest.approx(60)
    assert sheet.scale_time(2.0).chords == sheet.chords
    assert sheet.shift(1.0).downbeats == (2.0, 3.5, 5.0)


def test_an_extended_sheet_repeats_its_chart_at_its_tempo() -> None:
    sheet = waltz()
    longer = sheet.extend(11.0)
    assert longer.beats[: len(sheet.beats)] == sheet.beats
    assert 11.0 <= longer.beats[-1] < 11.5
    assert np.allclose(np.diff(longer.beats), 0.5, atol=2e-4)
    for place in range(1, 10):
        assert longer.chord_at(place + 9) == sheet.chord_at(place)
    assert sheet.extend(2.0) == sheet


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"beats": (0.0,)}, "at least two beats"),
        ({"beats": (0.0, 0.5, 0.5)}, "beat 3 at 0.5 s is not after beat 2 at 0.5 s"),
        ({"beats": (0.0, 0.01)}, "tempo of 6000"),
        ({"beats": (0.0, 5.0)}, "tempo of 12"),
        ({"beats": (0.0, 0.5), "first_position": 5}, "a bar of 4/4 has 4"),
        (
            {"beats": (0.0, 0.5), "chords": (ChordChange(1, C), ChordChange(0, G))},
            "chord changes do not rise",
        ),
    ],
)
def test_what_is_no_sheet_is_refused(arguments: dict, reason: str) -> None:
    with pytest.raises(SamuelError, match=reason):
        LeadSheet(**arguments)
    with pytest.raises(SamuelError, match="choose 30 to 300"):
        steady_beats(301, 0, 10)


def test_a_sheet_writes_itself(tmp_path: Path) -> None:
    sheet = waltz()
    sheet.write(tmp_path / "a.txt")
    assert LeadSheet.read(tmp_path / "a.txt") == LeadSheet.read(str(tmp_path / "a.txt")) == sheet
    sheet.write_midi(tmp_path / "a.mid")
    read = read_tempo_map(tmp_path / "a.mid")
    assert max(min(abs(beat - other) for other in read.beats) for beat in sheet.beats) < 0.002
    assert np.array_equal(sheet.render_click(30_000, 8_000), render_click(sheet, 30_000, 8_000))


@pytest.mark.parametrize("tempo", [92, 77.42, 124, 131.0573])
@pytest.mark.parametrize("first_position", [1, 2, 4])
def test_a_steady_sheet_goes_on_at_exactly_its_tempo(tempo: float, first_position: int) -> None:
    """Rounding to 0.1 ms does not add up over many beats."""
    pickup = (1 - first_position) % 4
    start = 2.5 - pickup * 60 / tempo  # bar 1 at 2.5 s
    whole = LeadSheet(steady_beats(tempo, start, 180), first_position)
    assert whole.steady_tempo == tempo and whole.bar_1 == 2.5
    start = 2.5 - pickup * 60 / round(tempo)
    few = LeadSheet(steady_beats(round(tempo), start, 9), first_position)
    assert few.steady_tempo == round(tempo)
    extended = few.extend(200)
    assert extended.steady_tempo == round(tempo) and extended.beats[: len(few.beats)] == few.beats
    assert 200 <= extended.beats[-1] < 200 + 120 / tempo


def test_a_drifting_sheet_has_no_steady_tempo() -> None:
    assert LeadSheet((0.0, 0.5, 1.0, 1.501)).steady_tempo is None
