from pathlib import Path

import numpy as np
import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chord import Chord, qualities
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.meter import Meter
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats
from samuel_gen.lead_sheet.style import STYLES
from samuel_gen.lead_sheet.text import format_lead_sheet, parse_lead_sheet, read_lead_sheet

TEXT = """\
# written by a person
key: D minor
meter: 3/4
tempo: 92
bar 1 at: 0.41 s
style: bossa_nova

| Dm | Gm   | C7 | F . A7 |
| %  | N.C. |
"""


def random_beats(rng: np.random.Generator) -> tuple[float, ...]:
    """Beats of a steady or a drifting tempo that begin before or after 0 s."""
    count, start = int(rng.integers(2, 70)), round(float(rng.uniform(-2, 6)), 4)
    if rng.random() < 0.5:
        tempo = round(float(rng.uniform(31, 299)), int(rng.integers(0, 5)))
        return steady_beats(tempo, start, start + (count - 0.5) * 60 / tempo)
    return tuple(float(start + beat) for beat in np.cumsum(rng.uniform(0.25, 1.9, count)))


def random_sheet(seed: int) -> LeadSheet:
    """A sheet of any length, meter, pickup, drift and chords, which may begin late or off beat."""
    rng = np.random.default_rng(seed)
    meter = Meter(int(rng.integers(2, 13)), int(rng.choice([2, 4, 8])))
    beats = random_beats(rng)
    grid = int(rng.choice([1, 2, 3, 1000]))
    changes = []
    for place in np.unique(rng.integers(0, len(beats) * grid, int(rng.integers(0, 20)))):
        root, bass = (int(each) for each in rng.integers(0, 12, 2))
        bass = root if rng.random() < 0.7 else bass
        chord = Chord(root, str(rng.choice(qualities())), bass) if rng.random() < 0.9 else None
        changes.append(ChordChange(float(place) / grid, chord))
    return LeadSheet(
        beats,
        int(rng.integers(1, meter.beats_per_bar + 1)),
        meter,
        tuple(changes),
        Key(int(rng.integers(12)), "minor") if rng.random() < 0.7 else None,
        str(rng.choice(STYLES)) if rng.random() < 0.7 else None,
    )


def test_a_written_sheet_is_read_back() -> None:
    for seed in range(300):
        sheet = random_sheet(seed)
        assert parse_lead_sheet(format_lead_sheet(sheet)) == sheet, seed


def test_a_text_by_hand_is_read() -> None:
    sheet = parse_lead_sheet(TEXT)
    assert (str(sheet.key), str(sheet.meter), sheet.style) == ("D minor", "3/4", "bossa_nova")
    assert sheet.beats[0] == 0.41 and len(sheet.beats) == 18
    assert sheet.tempo == pytest.approx(92, abs=1e-2)
    assert [str(each.chord or "N.C.") for each in sheet.chords] == (
        ["Dm", "Gm", "C7", "F", "A7", "F", "A7", "N.C."]
    )
    assert "tempo: 92\n" in format_lead_sheet(sheet)


def test_a_pickup_comes_before_bar_1() -> None:
    sheet = parse_lead_sheet("tempo: 60\nbar 1 at: 3\npickup: 2 beats\n\n| G | C | F |\n")
    assert sheet.beats[0] == 1.0 and sheet.downbeats[0] == 3.0
    assert sheet.first_position == 3 and len(sheet.beats) == 10


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tempo: 500\n| C |", "line 1, column 8: tempo 500: choose 30 to 300"),
        ("tempo: fast\n| C |", "line 1, column 8: tempo: 'fast' is not a number"),
        ("| C |", "no tempo"),
        ("tempo: 92\n", "no chart and no length"),
        ("tempo: 92\n\n| C | Hm |", "line 3, column 7: 'Hm' is not a chord"),
        ("tempo: 92\nkeys: C\n| C |", "line 2, column 1: 'keys: C' is neither a header"),
        ("tempo: 92\nkey: H\n| C |", "line 2, column 6: 'H' is not a key"),
        ("meter: 4/5\ntempo: 92\n| C |", "line 1, column 8: '4/5' is not a meter"),
        ("beats:\n0.5 one", "line 2, column 5: 'one' is not a time"),
        ("beats:\n0.5 1.0 0.9", "line 2, column 9: beat 3 at 0.9 s is not after beat 2"),
        ("tempo: 92\npickup: 4\n| C |", "line 2, column 9: a pickup of 4 beats does not fit 4/4"),
    ],
)
def test_an_error_is_one_line_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(SamuelError, match=reason) as caught:
        parse_lead_sheet(text, "my sheet.txt")
    assert str(caught.value).startswith("my sheet.txt") and "\n" not in str(caught.value)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SamuelError, match="No such file"):
        read_lead_sheet(tmp_path / "none.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SamuelError, match="not a text file"):
        read_lead_sheet(tmp_path / "binary.txt")
